# Symbols without types, as LLVM before 8 wrote them, and a label.
	.section "xdp_untyped","ax",@progbits
	.globl prog
prog:
	r1 = counts ll
	if r1 == 0 goto label
	r0 = 2
label:
	exit
	.section "maps","aw",@progbits
	.globl counts
counts:
	.long 1, 4, 8, 64, 0
	.section "license","a",@progbits
	.asciz "GPL"
