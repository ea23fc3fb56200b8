// Programs that compute, from the bytes of a packet, as much as a verifier lets
// them: BenchmarkCompute measures them, and TestCompute compares their results
// with those of a kernel.
#include "net.h"

LICENSE("GPL");

enum { BYTES = 256 }; // of the packet that the programs look at

INLINE u8 *bytes(struct xdp_md *ctx) {
	u8 *p = start(ctx);
	return (void *)(p + BYTES) > end(ctx) ? NULL : p;
}

INLINE u32 rotate(u32 v, u32 n) { return v << n | v >> (32 - n); }

// hash is FNV-1a with a rotation, eight times over the packet.
SEC("xdp") int hash(struct xdp_md *ctx) {
	u8 *p = bytes(ctx);
	u64 h = 14695981039346656037ull;
	if (!p)
		return 0;
	for (int round = 0; round < 8; round++)
		for (int i = 0; i < BYTES; i++)
			h = (h ^ p[i]) * 1099511628211ull, h = h << 13 | h >> 51;
	return h;
}

// jhash is the hash function of Linux's tables over the words of the packet.
SEC("xdp") int jhash(struct xdp_md *ctx) {
	u32 *p = (u32 *)bytes(ctx), a = 0xdeadbeef, b = a, c = a;
	if (!p)
		return 0;
	for (int round = 0; round < 8; round++)
		for (int i = 0; i + 3 <= BYTES / 4; i += 3) {
			a += p[i], b += p[i + 1], c += p[i + 2];
			a -= c, a ^= rotate(c, 4), c += b;
			b -= a, b ^= rotate(a, 6), a += c;
			c -= b, c ^= rotate(b, 8), b += a;
			a -= c, a ^= rotate(c, 16), c += b;
			b -= a, b ^= rotate(a, 19), a += c;
			c -= b, c ^= rotate(b, 4), b += a;
		}
	return c;
}

// sieve counts primes with a byte for each number on the stack. It crosses out
// multiples of all numbers: to ask whether one is prime would make two paths.
SEC("xdp") int sieve(struct xdp_md *ctx) {
	u8 composite[BYTES], *p = bytes(ctx);
	int count = 0;
	if (!p)
		return 0;
	for (int i = 0; i < BYTES; i++)
		composite[i] = p[BYTES - 1]; // 0, which the compiler does not know
	for (int i = 2; i * i < BYTES; i++)
		for (int j = i * i; j < BYTES; j += i)
			composite[j] = 1;
	for (int i = 2; i < BYTES; i++)
		count += 1 - composite[i];
	return count;
}

// sort sorts 40 words of the packet on the stack, exchanging neighbours without
// a jump, which would make two paths of each.
SEC("xdp") int sort(struct xdp_md *ctx) {
	enum { WORDS = 40 };
	u32 list[WORDS], *p = (u32 *)bytes(ctx), sum = 0;
	if (!p)
		return 0;
	for (int i = 0; i < WORDS; i++)
		list[i] = p[i];
	for (int i = WORDS - 1; i > 0; i--)
		for (int j = 0; j < i; j++) {
			u64 a = list[j], b = list[j + 1];
			u64 swap = (a ^ b) & (u64)((s64)(b - a) >> 63);
			list[j] = a ^ swap, list[j + 1] = b ^ swap;
		}
	for (int i = 0; i < WORDS; i++)
		sum = sum * 31 + list[i];
	return sum;
}

// parse takes the headers of a packet apart and checks the sum of IPv4's, again
// and again.
SEC("xdp") int parse(struct xdp_md *ctx) {
	u32 result = 0;
	for (int round = 0; round < 64; round++) {
		struct ethernet *eth = start(ctx);
		struct ipv4 *ip = (void *)(eth + 1);
		struct udp *udp = (void *)(ip + 1);
		u16 *half = (u16 *)ip;
		u32 sum = 0;
		BARRIER(); // the packet may have changed
		if ((void *)(ip + 1) > end(ctx) || eth->proto != net16(ETH_IP) || ip->version_len != 0x45)
			return 1;
		for (int i = 0; i < 10; i++)
			sum += half[i];
		sum = (sum >> 16) + (sum & 0xffff);
		sum += sum >> 16;
		if ((u16)sum != 0xffff)
			return 2;
		if (ip->proto != IP_UDP || (void *)(udp + 1) > end(ctx))
			return 3;
		result = result * 31 + (ip->src ^ ip->dst ^ net16(udp->src) ^ net16(udp->dst) ^ net16(udp->len));
	}
	return result;
}

// bits counts bits and reverses bytes of the packet's words.
SEC("xdp") int bits(struct xdp_md *ctx) {
	u64 *p = (u64 *)bytes(ctx), sum = 0;
	if (!p)
		return 0;
	for (int round = 0; round < 8; round++)
		for (int i = 0; i < BYTES / 8; i++) {
			u64 x = p[i] ^ sum, n = x - (x >> 1 & 0x5555555555555555ull);
			n = (n & 0x3333333333333333ull) + (n >> 2 & 0x3333333333333333ull);
			n = (n + (n >> 4)) & 0x0f0f0f0f0f0f0f0full;
			sum += __builtin_bswap64(x) ^ (n * 0x0101010101010101ull >> 56);
		}
	return sum ^ sum >> 32;
}

// copy moves the packet to the stack and back, word by word.
SEC("xdp") int copy(struct xdp_md *ctx) {
	u64 *p = (u64 *)bytes(ctx), buf[BYTES / 8];
	if (!p)
		return 0;
	for (int round = 0; round < 16; round++) {
		__builtin_memcpy(buf, p, BYTES);
		BARRIER();
		__builtin_memcpy(p, buf, BYTES);
		BARRIER();
	}
	return buf[3];
}

static NOINLINE u32 mix(u32 a, u32 b) {
	a ^= b * 40503;
	return rotate(a, 5) + b;
}

static NOINLINE u32 twice(u32 a, u32 b) { return mix(mix(a, b), b >> 16); }

// calls calls functions that call functions.
SEC("xdp") int calls(struct xdp_md *ctx) {
	u8 *p = bytes(ctx);
	u32 sum = 1;
	if (!p)
		return 0;
	for (int i = 0; i < BYTES; i++)
		sum = twice(sum, p[i]);
	return sum;
}

// divide is Euclid's algorithm and a conversion to decimal digits.
SEC("xdp") int divide(struct xdp_md *ctx) {
	u32 *p = (u32 *)bytes(ctx);
	u64 sum = 0;
	if (!p)
		return 0;
	for (int i = 0; i + 1 < BYTES / 4; i += 2) {
		u32 a = p[i], b = p[i + 1];
		for (int n = 0; n < 24 && b; n++) {
			u32 rest = a % b;
			a = b, b = rest;
		}
		sum += a;
		for (int n = 0; n < 10; n++)
			sum += p[i] / 10 * n, p[i] /= 10;
	}
	return sum;
}
