"""What is known of a detector beside its images: panels, geometry, masks, bad pixels."""
