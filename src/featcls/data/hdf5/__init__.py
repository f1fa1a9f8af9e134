"""HDF5 and what is built on it: NeXus (NXmx, EIGER), CXI, plain stacks."""
