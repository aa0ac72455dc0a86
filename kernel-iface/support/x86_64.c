/* SPDX-License-Identifier: MIT */
/*
 * The x86-64 kernel has numbers of its own, and structures that differ from
 * the neutral ones: epoll_event is packed, stat has another order, semid64_ds
 * has holes, sigaction needs a restorer, clone swaps its last two arguments.
 */
#include "kernel-iface/mapper/arch_x86_64_call.h"
#include "kernel-iface/support/support.h"
#include "kernel-iface/syscalls/table.h"

#define SA_RESTORER 0x04000000

enum { SEM_IPC_SET = 1, SEM_IPC_STAT = 2, SEM_STAT = 18, SEM_STAT_ANY = 20 };

struct kernel_sigaction {
	uint64_t handler;
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
};

struct neutral_epoll_event {
	uint32_t events;
	uint32_t padding;
	uint64_t data;
};

struct kernel_epoll_event {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));

struct neutral_stat {
	uint64_t dev, ino;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev, padding_1;
	int64_t size;
	int32_t blksize, padding_2;
	int64_t blocks;
	uint64_t times[6];
	uint32_t unused[2];
};

struct kernel_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, padding;
	uint64_t rdev;
	int64_t size, blksize, blocks;
	uint64_t times[6];
	int64_t unused[3];
};

struct neutral_semid {
	uint64_t perm[6];
	uint64_t otime, ctime, nsems, unused[2];
};

struct kernel_semid {
	uint64_t perm[6];
	uint64_t otime, hole_1, ctime, hole_2, nsems, unused[2];
};

static const int16_t numbers[SYSCALL_LIMIT] = {
/* 0 stands for no call; read, whose number is 0, is told apart below. */
#define NUMBER(neutral, name, x86_64) [neutral] = x86_64,
	SYSCALL_TABLE(NUMBER)
#undef NUMBER
};

#define READ 63 /* neutral */

/*
 * gdb knows a signal frame by exactly these bytes, others by what is said of it here: the stack
 * pointer is at a struct ucontext, with all registers in it.
 */
void weld_restore_signal(void) __attribute__((visibility("hidden")));
__asm__(".pushsection .text.weld_restore_signal,\"ax\",@progbits\n"
	"	.cfi_startproc simple\n"
	"	.cfi_signal_frame\n"
	"	.cfi_def_cfa rsp, 0\n"
	"	.cfi_offset r8, 40\n"
	"	.cfi_offset r9, 48\n"
	"	.cfi_offset r10, 56\n"
	"	.cfi_offset r11, 64\n"
	"	.cfi_offset r12, 72\n"
	"	.cfi_offset r13, 80\n"
	"	.cfi_offset r14, 88\n"
	"	.cfi_offset r15, 96\n"
	"	.cfi_offset rdi, 104\n"
	"	.cfi_offset rsi, 112\n"
	"	.cfi_offset rbp, 120\n"
	"	.cfi_offset rbx, 128\n"
	"	.cfi_offset rdx, 136\n"
	"	.cfi_offset rax, 144\n"
	"	.cfi_offset rcx, 152\n"
	"	.cfi_offset rsp, 160\n"
	"	.cfi_offset rip, 168\n"
	"	nop\n"
	".hidden weld_restore_signal\n"
	".globl weld_restore_signal\n"
	".type weld_restore_signal, @function\n"
	"weld_restore_signal:\n"
	"	movq $15, %rax\n"
	"	syscall\n"
	".size weld_restore_signal, . - weld_restore_signal\n"
	"	.cfi_endproc\n"
	".popsection\n");

static long
call_sigaction(long number, long signal, const struct neutral_sigaction *new,
	struct neutral_sigaction *old, long size)
{
	struct kernel_sigaction kernel_new, kernel_old;
	long ret;

	if (new != NULL) {
		kernel_new.handler = new->handler;
		kernel_new.flags = new->flags | SA_RESTORER;
		kernel_new.restorer = weld_restore_signal;
		kernel_new.mask = new->mask;
	}
	ret = kernel_call(number, signal, (long)(new != NULL ? &kernel_new : NULL),
		(long)(old != NULL ? &kernel_old : NULL), size, 0, 0);
	if (ret == 0 && old != NULL) {
		old->handler = kernel_old.handler;
		old->flags = kernel_old.flags & ~(uint64_t)SA_RESTORER;
		old->mask = kernel_old.mask;
	}
	return ret;
}

static long
call_epoll_ctl(long number, long epoll, long operation, long fd,
	const struct neutral_epoll_event *event)
{
	struct kernel_epoll_event copy;

	if (event == NULL)
		return kernel_call(number, epoll, operation, fd, 0, 0, 0);
	copy.events = event->events;
	copy.data = event->data;
	return kernel_call(number, epoll, operation, fd, (long)&copy, 0, 0);
}

/* The kernel fills the front of the caller's array; spread that out from the end. */
static long
spread_events(long count, void *events)
{
	const struct kernel_epoll_event *from = events;
	struct neutral_epoll_event *to = events;

	for (long i = count; i-- > 0;) {
		struct kernel_epoll_event event = from[i];

		to[i].events = event.events;
		to[i].data = event.data;
	}
	return count;
}

static long
call_stat(long number, long a, long b, long flags, struct neutral_stat *stat)
{
	struct kernel_stat kernel;
	long ret = number == 5 ? kernel_call(number, a, (long)&kernel, 0, 0, 0, 0)
			       : kernel_call(number, a, b, (long)&kernel, flags, 0, 0);

	if (ret < 0)
		return ret;
	if (stat == NULL)
		return BAD_ADDRESS;
	stat->dev = kernel.dev;
	stat->ino = kernel.ino;
	stat->mode = kernel.mode;
	stat->nlink = (uint32_t)kernel.nlink;
	stat->uid = kernel.uid;
	stat->gid = kernel.gid;
	stat->rdev = kernel.rdev;
	stat->padding_1 = 0;
	stat->size = kernel.size;
	stat->blksize = (int32_t)kernel.blksize;
	stat->padding_2 = 0;
	stat->blocks = kernel.blocks;
	for (int i = 0; i < 6; i++)
		stat->times[i] = kernel.times[i];
	stat->unused[0] = stat->unused[1] = 0;
	return ret;
}

static long
call_semctl(long number, long id, long index, long command, struct neutral_semid *semid)
{
	struct kernel_semid kernel = { 0 };
	long ret;

	if (command != SEM_IPC_SET && command != SEM_IPC_STAT && command != SEM_STAT &&
		command != SEM_STAT_ANY)
		return kernel_call(number, id, index, command, (long)semid, 0, 0);
	if (semid == NULL)
		return BAD_ADDRESS;
	if (command == SEM_IPC_SET)
		for (int i = 0; i < 6; i++)
			kernel.perm[i] = semid->perm[i];
	ret = kernel_call(number, id, index, command, (long)&kernel, 0, 0);
	if (ret < 0 || command == SEM_IPC_SET)
		return ret;
	for (int i = 0; i < 6; i++)
		semid->perm[i] = kernel.perm[i];
	semid->otime = kernel.otime;
	semid->ctime = kernel.ctime;
	semid->nsems = kernel.nsems;
	return ret;
}

static long
kernel_number(long neutral)
{
	long number;

	if (neutral < 0 || neutral >= SYSCALL_LIMIT)
		return NO_SUCH_CALL;
	number = numbers[neutral];
	if (number < 0 || (number == 0 && neutral != READ))
		return NO_SUCH_CALL;
	return number;
}

long
__weld_syscall(long neutral, long a, long b, long c, long d, long e, long f)
{
	long number = kernel_number(neutral), ret;

	if (number < 0)
		return number;
	switch (neutral) {
	case EPOLL_CTL:
		return call_epoll_ctl(number, a, b, c, (const struct neutral_epoll_event *)d);
	case EPOLL_PWAIT:
	case EPOLL_PWAIT2:
		ret = kernel_call(number, a, b, c, d, e, f);
		return ret > 0 ? spread_events(ret, (void *)b) : ret;
	case NEWFSTATAT:
		return call_stat(number, a, b, d, (struct neutral_stat *)c);
	case FSTAT:
		return call_stat(number, a, 0, 0, (struct neutral_stat *)b);
	case RT_SIGACTION:
		return call_sigaction(number, a, (const struct neutral_sigaction *)b,
			(struct neutral_sigaction *)c, d);
	case SEMCTL:
		return call_semctl(number, a, b, c, (struct neutral_semid *)d);
	case CLONE:
		return kernel_call(number, a, b, c, e, d, f);
	default:
		return kernel_call(number, a, b, c, d, e, f);
	}
}

long
__weld_syscall_begin(long number, long *arguments)
{
	return kernel_number(number);
}

long
__weld_syscall_end(long number, long ret, const long *arguments)
{
	if ((number == EPOLL_PWAIT || number == EPOLL_PWAIT2) && ret > 0)
		return spread_events(ret, (void *)arguments[1]);
	return ret;
}
