#!/bin/sh
# Builds the objects in this folder: sh build.sh [CLANG]. Both byte orders of
# each; iproute2, samples and text have no types.
set -eu
cd "$(dirname "$0")"
cc=${1:-clang-19}
for order in el eb; do
	flags="-target bpf$order -O2 -mcpu=v3 -Wno-unused -fno-ident -ffile-prefix-map=$PWD=. -fdebug-compilation-dir=."
	for typed in minimal modern structops; do
		$cc $flags -g -c $typed.c -o $typed-$order.o
		llvm-strip -g $typed-$order.o
	done
	for plain in iproute2 samples text; do
		$cc $flags -c $plain.c -o $plain-$order.o
	done
	$cc -target bpf$order -c untyped.s -o untyped-$order.o
done
