"""A CrystFEL geometry file of two panels, as tests use it."""

TWO = """
; the beam
photon_energy = 9.5 keV
clen = 80 mm
coffset = 0.5e-3
res = 9097.52  ; pixels a metre
data = /entry_1/data_1/data
dim0 = %
rigid_group_q0 = q0a0,q0a1
flag_morethan = 14000
mask0_data = /entry/mask
mask0_goodbits = 0x0
mask0_badbits = 0xffff
mask1_file = bad.h5
mask1_data = /mask

q0a0/dim1 = 0
q0a0/dim2 = ss
q0a0/dim3 = fs
q0a0/min_fs = 0
q0a0/max_fs = 193
q0a0/min_ss = 0
q0a0/max_ss = 184
q0a0/fs = -0.0057x +0.9999y
q0a0/ss = -0.9999x -0.0057y
q0a0/corner_x = 443.8
q0a0/corner_y = -49.0
q0a0/mask_edge_pixels = 1

flag_morethan = 9000
q0a1/dim1 = 1
q0a1/dim2 = ss
q0a1/dim3 = fs
q0a1/min_fs = 0
q0a1/max_fs = 193
q0a1/min_ss = 0
q0a1/max_ss = 184
q0a1/fs = y
q0a1/ss = -x
q0a1/corner_x = 443.1
q0a1/corner_y = 151.0
q0a1/no_index = 1

badstreak/min_x = -200.0
badstreak/max_x = 250.0
badstreak/min_y = -5
badstreak/max_y = 5
badrow/min_fs = 10
badrow/max_fs = 12
badrow/min_ss = 0
badrow/max_ss = 184
badrow/panel = q0a0
"""
