"""Single particles in flight: shapes, their scattering, and three sets of labels."""
