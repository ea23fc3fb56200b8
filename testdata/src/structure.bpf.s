# What is refused before a path is explored: one mistake in each program.
	.section	xdp,"ax",@progbits

	.globl	unreachable		# want program "unreachable insn 2"
unreachable:
	r0 = 1
	exit
	r0 = 2
	exit
.Lend1:
	.type	unreachable,@function
	.size	unreachable, .Lend1-unreachable

	.globl	falls_off		# want program "last insn is not an exit or jmp"
falls_off:
	r0 = 1
	r0 += 1
.Lend2:
	.type	falls_off,@function
	.size	falls_off, .Lend2-falls_off

	.globl	jumps_out		# want program "jump out of range from insn 0 to 101"
jumps_out:
	.byte	0x05, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00
	r0 = 1
	exit
.Lend3:
	.type	jumps_out,@function
	.size	jumps_out, .Lend3-jumps_out

	.globl	jumps_into_constant	# want program "jump into the middle of ldimm64 insn 2"
jumps_into_constant:
	r0 = 1
	.byte	0x15, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00
	r1 = 81985529216486895 ll
	r0 = 1
	exit
.Lend4:
	.type	jumps_into_constant,@function
	.size	jumps_into_constant, .Lend4-jumps_into_constant

	.globl	unknown_opcode		# want program "unknown opcode ff"
unknown_opcode:
	.byte	0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
	r0 = 1
	exit
.Lend5:
	.type	unknown_opcode,@function
	.size	unknown_opcode, .Lend5-unknown_opcode

	.globl	reserved_field		# want program "BPF_MOV uses reserved fields"
reserved_field:
	.byte	0xb7, 0x00, 0x07, 0x00, 0x01, 0x00, 0x00, 0x00
	exit
.Lend6:
	.type	reserved_field,@function
	.size	reserved_field, .Lend6-reserved_field

	.globl	bad_register		# want program "R12 is invalid"
bad_register:
	.byte	0xb7, 0x0c, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00
	r0 = 1
	exit
.Lend7:
	.type	bad_register,@function
	.size	bad_register, .Lend7-bad_register

	.globl	divides_by_zero		# want program "div by zero"
divides_by_zero:
	r0 = 1
	.byte	0x37, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
	exit
.Lend9:
	.type	divides_by_zero,@function
	.size	divides_by_zero, .Lend9-divides_by_zero

	.globl	shifts_too_far		# want program "invalid shift 64"
shifts_too_far:
	r0 = 1
	r0 <<= 64
	exit
.Lend10:
	.type	shifts_too_far,@function
	.size	shifts_too_far, .Lend10-shifts_too_far

	.section	license,"aw",@progbits
	.asciz	"GPL"
