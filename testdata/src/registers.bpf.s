# Registers and the stack, without a compiler: one point in each program.
	.section	socket,"ax",@progbits

	.globl	no_result		# want program "R0 !read_ok"
no_result:
	exit
.Lend1:
	.type	no_result,@function
	.size	no_result, .Lend1-no_result

	.globl	after_call		# want program "R1 !read_ok"
after_call:
	call 7
	r0 = r1
	exit
.Lend2:
	.type	after_call,@function
	.size	after_call, .Lend2-after_call

	.globl	writes_frame_pointer	# want program "frame pointer is read only"
writes_frame_pointer:
	r10 += 8
	r0 = 0
	exit
.Lend3:
	.type	writes_frame_pointer,@function
	.size	writes_frame_pointer, .Lend3-writes_frame_pointer

	.globl	below_stack		# want program "invalid write to stack R10 off=-520 size=8"
below_stack:
	r0 = 0
	*(u64 *)(r10 - 520) = r0
	exit
.Lend4:
	.type	below_stack,@function
	.size	below_stack, .Lend4-below_stack

	.globl	above_stack		# want program "invalid write to stack R10 off=0 size=8"
above_stack:
	r0 = 0
	*(u64 *)(r10 + 0) = r0
	exit
.Lend5:
	.type	above_stack,@function
	.size	above_stack, .Lend5-above_stack

	.globl	misaligned		# want program "misaligned stack access off 0+0+-4 size 8"
misaligned:
	r0 = 0
	*(u64 *)(r10 - 4) = r0
	exit
.Lend6:
	.type	misaligned,@function
	.size	misaligned, .Lend6-misaligned

	.globl	adds_pointers		# want program "R1 pointer += pointer prohibited"
adds_pointers:
	r1 += r10
	r0 = 0
	exit
.Lend7:
	.type	adds_pointers,@function
	.size	adds_pointers, .Lend7-adds_pointers

	.globl	multiplies_pointer	# want program "R1 pointer arithmetic with *= operator prohibited"
multiplies_pointer:
	r1 *= 2
	r0 = 0
	exit
.Lend8:
	.type	multiplies_pointer,@function
	.size	multiplies_pointer, .Lend8-multiplies_pointer

	.globl	half_pointer		# want program "R1 32-bit pointer arithmetic prohibited"
half_pointer:
	w1 += 1
	r0 = 0
	exit
.Lend9:
	.type	half_pointer,@function
	.size	half_pointer, .Lend9-half_pointer

	.globl	bounded_loop
bounded_loop:
	r0 = 0
	r6 = 0
.Lagain:
	r6 += 1
	r0 += r6
	if r6 < 100 goto .Lagain
	r0 = 0
	exit
.Lend10:
	.type	bounded_loop,@function
	.size	bounded_loop, .Lend10-bounded_loop

	.globl	knows_by_branches
knows_by_branches:
	r2 = *(u32 *)(r1 + 0)
	r3 = r2
	r3 &= 7
	r4 = r10
	r4 += -8
	r5 = 0
	*(u64 *)(r10 - 8) = r5
	r4 += r3
	r0 = *(u8 *)(r4 + 0)
	if r3 s> 7 goto .Lnever
	exit
.Lnever:
	r0 = *(u64 *)(r0 + 0)
	exit
.Lend11:
	.type	knows_by_branches,@function
	.size	knows_by_branches, .Lend11-knows_by_branches

	.section	license,"aw",@progbits
	.asciz	"GPL"
