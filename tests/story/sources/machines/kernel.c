/* SPDX-License-Identifier: MIT */
/* The kernel's structures and flags as every machine must show them: what differs is translated. */
#define _GNU_SOURCE
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

__attribute__((constructor)) static void
begin(void)
{
	part_begin(3);
}

static void
test_stat(void)
{
	struct timespec times[2] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	struct stat st;
	int fd = open("kernel-file", O_RDWR | O_CREAT | O_TRUNC, 0640);

	printf("%d\n", (int)pwrite(fd, "0123456789", 10, 5000));
	printf("link %d chmod %d utimens %d\n", link("kernel-file", "kernel-link"),
		fchmod(fd, 04751), futimens(fd, times));
	memset(&st, 0xa5, sizeof st);
	printf("fstat %d: %o %d %lld %lld.%09ld %lld.%09ld\n", fstat(fd, &st), st.st_mode,
		(int)st.st_nlink, (long long)st.st_size, (long long)st.st_atime,
		st.st_atim.tv_nsec, (long long)st.st_mtime, st.st_mtim.tv_nsec);
	printf("mine %d, block size %d\n", st.st_uid == getuid() && st.st_gid == getegid(),
		(int)st.st_blksize >= 512);
	printf("symlink %d\n", symlink("kernel-file", "kernel-sym"));
	printf("lstat %d: %d %lld\n", lstat("kernel-sym", &st), S_ISLNK(st.st_mode),
		(long long)st.st_size);
	printf("stat %d: %lld\n", stat("kernel-sym", &st), (long long)st.st_size);
	printf("null %d: %o %x\n", stat("/dev/null", &st), st.st_mode & S_IFMT,
		(unsigned)st.st_rdev);
	printf("fstatat %d errno %d\n", fstatat(AT_FDCWD, "none", &st, AT_SYMLINK_NOFOLLOW),
		errno);
	printf("rename %d %d\n", rename("kernel-link", "kernel-other"),
		access("kernel-link", F_OK));
	printf("unlink %d %d\n", unlink("kernel-other"), unlink("kernel-sym"));
	close(fd);
}

static void
show_flags(const char *name, int flags)
{
	int fd = open(name, flags);
	int got = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	printf("open %s %x: %s", name, flags, fd < 0 ? strerror(errno) : "flags");
	printf(" %x\n", got < 0 ? 0
				: got & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY |
						O_NOFOLLOW | O_NOATIME | O_PATH));
	if (fd >= 0)
		close(fd);
}

static void
test_flags(void)
{
	int pipes[2], fd;

	symlink("kernel-file", "kernel-sym");
	show_flags(".", O_RDONLY | O_DIRECTORY);
	show_flags("kernel-file", O_RDONLY | O_DIRECTORY);
	show_flags("kernel-sym", O_RDONLY | O_NOFOLLOW);
	show_flags("kernel-sym", O_PATH | O_NOFOLLOW);
	show_flags("kernel-file", O_RDWR | O_APPEND | O_NONBLOCK);
	unlink("kernel-sym");
	fd = open("kernel-file", O_RDWR);
	printf("setfl %d", fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	printf(" %x\n", fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK));
	printf("pipe2 %d", pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	printf(" %x %x", fcntl(pipes[0], F_GETFD), fcntl(pipes[0], F_GETFL) & O_NONBLOCK);
	printf(" read %d", (int)read(pipes[0], pipes, 1));
	printf(" %d\n", errno == EAGAIN);
	close(fd);
}

static void
test_epoll(void)
{
	struct epoll_event event = { EPOLLIN | EPOLLET,
		{ .u64 = UINT64_C(0x1122334455667788) } },
			   got[3];
	int epoll = epoll_create1(EPOLL_CLOEXEC), one = eventfd(1, 0),
	    two = eventfd(5, EFD_NONBLOCK);
	sigset_t none;
	int count;

	sigemptyset(&none);
	printf("add %d", epoll_ctl(epoll, EPOLL_CTL_ADD, one, &event));
	event.data.u64 = 99;
	printf(" %d\n", epoll_ctl(epoll, EPOLL_CTL_ADD, two, &event));
	memset(got, 0, sizeof got);
	count = epoll_pwait(epoll, got, 3, 1000, &none);
	printf("wait %d:", count);
	for (int i = 0; i < count; i++)
		printf(" %x %llx", got[i].events, (unsigned long long)got[i].data.u64);
	printf("\nagain %d\n", epoll_wait(epoll, got, 3, 0));
	printf("delete %d %d\n", epoll_ctl(epoll, EPOLL_CTL_DEL, two, NULL),
		epoll_ctl(epoll, EPOLL_CTL_DEL, two, NULL));
}

static volatile sig_atomic_t seen, seen_value, on_other_stack, is_masked;
static char *other_stack;

static void
handle(int number, siginfo_t *info, void *context)
{
	sigset_t blocked;
	char here;

	seen = number;
	seen_value = info->si_code == SI_QUEUE ? info->si_value.sival_int : 0;
	on_other_stack = &here >= other_stack && &here < other_stack + 65536;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	is_masked = context != NULL && sigismember(&blocked, SIGTERM) &&
		    sigismember(&blocked, SIGHUP) && sigismember(&blocked, number);
}

static void
test_signals(void)
{
	struct sigaction action = { .sa_sigaction = handle,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART },
			 old;
	union sigval value = { .sival_int = 4711 };
	stack_t stack = { .ss_size = 65536 };
	sigset_t set;
	int status;
	pid_t pid;

	other_stack = stack.ss_sp = malloc(65536);
	sigaltstack(&stack, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaddset(&action.sa_mask, SIGTERM);
	printf("sigaction %d", sigaction(SIGUSR1, &action, NULL));
	printf(" %d: %d %x %d\n", sigaction(SIGUSR1, NULL, &old), old.sa_sigaction == handle,
		old.sa_flags, sigismember(&old.sa_mask, SIGTERM));
	printf("queue %d: %d %d %d %d\n", sigqueue(getpid(), SIGUSR1, value), (int)seen,
		(int)seen_value, (int)on_other_stack, (int)is_masked);
	seen = 0;
	action.sa_flags = (int)SA_RESETHAND | SA_SIGINFO;
	sigaction(SIGRTMIN + 3, &action, NULL);
	raise(SIGRTMIN + 3);
	sigaction(SIGRTMIN + 3, NULL, &old);
	printf("real time %d %d\n", seen == SIGRTMIN + 3, old.sa_handler == SIG_DFL);
	raise(SIGHUP);
	sigpending(&set);
	printf("pending %d\n", sigismember(&set, SIGHUP));
	pid = fork();
	if (pid == 0) {
		abort();
	}
	waitpid(pid, &status, 0);
	printf("child %d %d\n", WIFSIGNALED(status), WTERMSIG(status));
	free(other_stack);
}

static void
test_segments(void)
{
	char *page =
		mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec parts[2] = { { "ab", 2 }, { "cde", 3 } };
	union {
		int value;
		struct semid_ds *status;
	} argument;
	struct semid_ds status;
	int id = semget(IPC_PRIVATE, 2, 0600), fds[2];
	struct rlimit limit;
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	struct timeval limit_time = { 1, 250000 }, got_time;
	socklen_t length = sizeof got_time;
	char buffer[20] = "";

	printf("map %d protect %d\n", page != MAP_FAILED, mprotect(page, 65536, PROT_READ));
	munmap(page, 65536);
	argument.status = &status;
	memset(&status, 0xa5, sizeof status);
	printf("sem %d: %d %o\n", semctl(id, 0, IPC_STAT, argument), (int)status.sem_nsems,
		status.sem_perm.mode & 0777);
	argument.value = 6;
	printf("set %d get %d remove %d\n", semctl(id, 1, SETVAL, argument),
		semctl(id, 1, GETVAL), semctl(id, 0, IPC_RMID));
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
	printf("send %d receive %d %s\n", (int)sendmsg(fds[0], &message, 0),
		(int)read(fds[1], buffer, 19), buffer);
	setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &limit_time, sizeof limit_time);
	printf("timeout %d: %ld\n",
		getsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &got_time, &length),
		(long)got_time.tv_sec);
	limit = (struct rlimit){ 100, 200 };
	printf("limit %d", setrlimit(RLIMIT_NOFILE, &limit));
	printf(" %d: %d %d\n", getrlimit(RLIMIT_NOFILE, &limit), (int)limit.rlim_cur,
		(int)limit.rlim_max);
}

static void *
wait_forever(void *argument)
{
	int *fds = argument;
	char byte;

	*perthread_place() = 1;
	read(fds[0], &byte, 1);
	return argument;
}

static void
test_threads(void)
{
	struct timespec soon;
	pthread_t thread;
	void *result;
	int fds[2];
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pipe(fds);
	printf("thread %d", pthread_create(&thread, NULL, wait_forever, fds));
	usleep(1000);
	printf(" cancel %d", pthread_cancel(thread));
	printf(" join %d", pthread_join(thread, &result));
	printf(" %d %d\n", result == PTHREAD_CANCELED, *perthread_place());
	pthread_mutex_lock(&mutex);
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 1000000;
	if (soon.tv_nsec >= 1000000000)
		soon.tv_sec++, soon.tv_nsec -= 1000000000;
	printf("timed lock %d\n", pthread_mutex_timedlock(&mutex, &soon) == ETIMEDOUT);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	umask(022);
	test_stat();
	test_flags();
	test_epoll();
	test_signals();
	test_segments();
	test_threads();
	printf("%d %s %d\n", argc, argv[1], part_order[1]);
	unlink("kernel-file");
	return 5;
}
