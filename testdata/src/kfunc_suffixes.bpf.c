// What the names of a kernel function's parameters promise, beyond what
// kfunc_arguments.bpf.c shows: sizes, strings, owned objects, null.
#include "objects.h"

LICENSE("GPL");

struct task_struct {
	int pid;
} CORE;

struct file {
	unsigned int f_flags;
} CORE;

struct bpf_iter_task {
	u64 opaque[3];
} __attribute__((aligned(8)));

extern int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags) KSYM;
extern int bpf_get_file_xattr(struct file *file, const char *name__str, struct bpf_dynptr *value) KSYM;
extern int bpf_dynptr_clone(struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit) KSYM;
extern void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign) KSYM;
extern void bpf_obj_drop_impl(void *p__alloc, void *meta__ign) KSYM;
extern void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags) KSYM;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) KSYM;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) KSYM;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;


#define NEW(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8[64]);
} values SEC(".maps");

static const char attribute[] = "user.name";

struct counted {
	u64 n;
	struct bpf_refcount count;
};

struct alone {
	u64 n;
};

struct locked {
	struct bpf_spin_lock lock;
	u64 n;
};

SEC("syscall")
int sized(void *ctx) {
	char text[16];
	bpf_copy_from_user_str(text, sizeof(text), (void *)4096, 0);
	return 0;
}

SEC("syscall")
int sized_too_large(void *ctx) {
	char text[16];
	bpf_copy_from_user_str(text, 17, (void *)4096, 0); // want "arg#0 arg#1 memory, len pair leads to invalid memory access"
	return 0;
}

SEC("syscall")
int sized_negative(int *ctx) {
	char text[16];
	bpf_copy_from_user_str(text, *ctx, (void *)4096, 0); // want "arg#0 arg#1 memory, len pair leads to invalid memory access"
	return 0;
}

SEC("syscall")
int ignored(void *ctx) {
	char text[16];
	bpf_copy_from_user_str(text, sizeof(text), text, 0);
	return 0;
}

SEC("syscall")
int not_ignored(void *ctx) {
	char text[16];
	bpf_copy_from_user_str(text, sizeof(text), text, (u64)text); // want "R4 is not a scalar"
	return 0;
}

SEC("lsm.s/file_open")
int string(u64 *ctx) {
	struct bpf_dynptr value;
	u32 key = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return 0;
	bpf_dynptr_from_mem(v, 64, 0, &value);
	bpf_get_file_xattr((void *)ctx[0], attribute, &value);
	return 0;
}

SEC("lsm.s/file_open")
int string_on_stack(u64 *ctx) {
	struct bpf_dynptr value;
	char name[8] = "user.x";
	u32 key = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return 0;
	bpf_dynptr_from_mem(v, 64, 0, &value);
	bpf_get_file_xattr((void *)ctx[0], name, &value); // want "arg#1 doesn't point to a const string"
	return 0;
}

SEC("syscall")
int uninitialised(void *ctx) {
	struct bpf_dynptr one, two;
	u32 key = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return 0;
	bpf_dynptr_from_mem(v, 64, 0, &one);
	bpf_dynptr_clone(&one, &two);
	return 0;
}

SEC("syscall")
int uninitialised_elsewhere(void *ctx) {
	struct bpf_dynptr one;
	u32 key = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (!v)
		return 0;
	bpf_dynptr_from_mem(v, 64, 0, &one);
	bpf_dynptr_clone(&one, (void *)v); // want "arg#1 expected pointer to stack or const struct bpf_dynptr"
	return 0;
}

SEC("tp_btf/task_newtask")
int nullable(u64 *ctx) {
	struct bpf_iter_task it;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, NULL, 0);
	bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tp_btf/task_newtask")
int not_nullable(u64 *ctx) {
	struct task_struct *task = bpf_task_acquire(NULL); // want "Possibly NULL pointer passed to trusted arg0"
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tp_btf/task_newtask")
int owned(u64 *ctx) {
	struct alone *a = NEW(struct alone);
	if (a)
		bpf_obj_drop_impl(a, NULL);
	return 0;
}

SEC("tp_btf/task_newtask")
int not_owned(u64 *ctx) {
	u32 key = 0;
	u8 *v = bpf_map_lookup_elem(&values, &key);
	if (v)
		bpf_obj_drop_impl(v, NULL); // want "R1 must be referenced or trusted"
	return 0;
}

SEC("tp_btf/task_newtask")
int counted(u64 *ctx) {
	struct counted *a = NEW(struct counted), *b;
	if (!a)
		return 0;
	b = bpf_refcount_acquire_impl(a, NULL);
	bpf_obj_drop_impl(a, NULL);
	if (b)
		bpf_obj_drop_impl(b, NULL);
	return 0;
}

SEC("tp_btf/task_newtask")
int not_counted(u64 *ctx) {
	struct locked *a = NEW(struct locked), *b;
	if (!a)
		return 0;
	b = bpf_refcount_acquire_impl(a, NULL); // want "arg#0 doesn't point to a type with bpf_refcount field"
	bpf_obj_drop_impl(a, NULL);
	if (b)
		bpf_obj_drop_impl(b, NULL);
	return 0;
}

SEC("tp_btf/task_newtask")
int number_counted(u64 *ctx) {
	bpf_refcount_acquire_impl((void *)ctx[1], NULL); // want "arg#0 is neither owning or non-owning ref"
	return 0;
}
