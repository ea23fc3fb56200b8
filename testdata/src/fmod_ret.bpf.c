// Changes what a kernel function returns: only those that allow it.
#include "bpf.h"

LICENSE("GPL");

SEC("fmod_ret/security_file_permission")
int deny(u64 *ctx) {
	return (u32)bpf_get_current_uid_gid() == 65534 ? -1 : 0;
}

SEC("fmod_ret/vfs_read") // want program "vfs_read() is not modifiable"
int read(u64 *ctx) {
	return 0;
}
