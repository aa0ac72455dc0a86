/* SPDX-License-Identifier: MIT */
/*
 * What weld changes in musl, tried in a running program: system calls and their
 * structures, threads and cancellation, signals, variadics, long double,
 * thread-local storage, start and exit.
 */
#define _GNU_SOURCE
#include <complex.h>
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OK(promise) ok((promise) != 0, #promise, __LINE__)

static int failures, promises;

static void
ok(int is_ok, const char *promise, int line)
{
	promises++;
	if (is_ok)
		return;
	failures++;
	printf("line %d: not true: %s\n", line, promise);
}

static int
sum(int count, ...)
{
	va_list first, second;
	int total = 0;

	va_start(first, count);
	va_copy(second, first);
	for (int i = 0; i < count; i++)
		total += va_arg(first, int);
	for (int i = 0; i < count; i++)
		total += va_arg(second, int);
	va_end(first);
	va_end(second);
	return total;
}

struct large {
	double d;
	long l;
	char c[20];
};

static double
mixed(const char *types, ...)
{
	double total = 0;
	struct large large;
	va_list args;

	va_start(args, types);
	for (; *types; types++) {
		switch (*types) {
		case 'i':
			total += va_arg(args, int);
			break;
		case 'd':
			total += va_arg(args, double);
			break;
		case 'L':
			total += va_arg(args, long double);
			break;
		case 'l':
			total += va_arg(args, long long);
			break;
		default:
			large = va_arg(args, struct large);
			total += large.d + large.l + large.c[19];
		}
	}
	va_end(args);
	return total;
}

static void
test_variadics(void)
{
	char text[200], word[20];
	long double l;
	double d;
	int i;

	snprintf(text, sizeof text, "%Lf|%g|%lld|%d|%Lg|%s|%c|%5.2f|%x", 1.5L, 2.25, -5LL, 7,
		1e4000L, "str", 'c', 3.14159, 255);
	OK(strcmp(text, "1.500000|2.25|-5|7|1e+4000|str|c| 3.14|ff") == 0);
	OK(sum(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) == 156);
	OK(mixed("idLlsid", 1, 2.5, 3.5L, 4LL, (struct large){ 1.0, 2, { [19] = 3 } }, 5,
		   0.5) == 22.5);
	OK(sscanf("12 3.5 4.25 word", "%d %lf %Lf %19s", &i, &d, &l, word) == 4);
	OK(i == 12 && d == 3.5 && l == 4.25L && strcmp(word, "word") == 0);
	errno = 0;
	OK(syscall(9999) == -1 && errno == ENOSYS);
}

static void
test_numbers(void)
{
	static const char *const texts[] = { "0.1", "1e308", "4.9406564584124654e-324",
		"2.2250738585072014e-308", "1.7976931348623157e308", "3.1415926535897931e-5",
		"9007199254740993", "0.30000000000000004", "123456789012345678e-27" };
	double complex z = (1 + 2 * I) * (3 - 1 * I);
	volatile __int128 a = (__int128)1 << 100, b = 12345;
	char text[64];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		double value = strtod(texts[i], NULL);

		snprintf(text, sizeof text, "%.17g", value);
		OK(strtod(text, NULL) == value);
	}
	OK(strtod("9007199254740993", NULL) == 9007199254740992.0);
	OK(strtof("16777217", NULL) == 16777216.0f);
	OK(strtold("1e4931", NULL) == 1e4931L);
	snprintf(text, sizeof text, "%.0f %.0f %.1e %g", 0.5, 1.5, 0.25, 100000.0);
	OK(strcmp(text, "0 2 2.5e-01 100000") == 0);
	OK(fabs(sin(1.0) - 0.8414709848078965) < 1e-15);
	OK(fmod(7.5, 2) == 1.5 && floor(-1.5) == -2 && sqrtl(4.0L) == 2.0L);
	OK(creal(z) == 5 && cimag(z) == 5 && cabs(3 + 4 * I) == 5);
	OK(a / b * b + a % b == a);
}

static void
test_strings(void)
{
	char *page =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = page + 4096, copy[300];

	OK(page != MAP_FAILED && mprotect(end, 4096, PROT_NONE) == 0);
	for (size_t length = 0; length < 200; length++) {
		char *text = end - length - 1;

		memset(text, 'a', length);
		text[length] = '\0';
		memmove(copy + length % 7, text, length + 1);
		if (strlen(text) != length || strcmp(text, copy + length % 7) != 0 ||
			memcmp(text, copy + length % 7, length + 1) != 0 ||
			memchr(text, 'b', length) != NULL || strchr(text, 'b') != NULL ||
			strrchr(text, 'a') != (length > 0 ? text + length - 1 : NULL) ||
			strnlen(text, 100) != (length < 100 ? length : 100)) {
			OK(!"strings of every length up to a page's end");
			return;
		}
	}
	memcpy(copy, "0123456789", 10);
	memmove(copy + 3, copy, 10);
	OK(memcmp(copy, "0120123456789", 13) == 0);
	munmap(page, 8192);
}

static void *
use_memory(void *seed)
{
	uint64_t state = (uintptr_t)seed;
	unsigned char *blocks[300] = { NULL };
	size_t sizes[300] = { 0 };
	intptr_t bad = 0;

	for (int round = 0; round < 30000; round++) {
		size_t k = (state >> 33) % 300,
		       size = (state >> 40) % (round % 40 ? 700 : 150000);

		state = state * UINT64_C(6364136223846793005) + 1;
		for (size_t i = 0; i < sizes[k]; i += 61)
			bad |= blocks[k][i] != (unsigned char)k;
		if (blocks[k] != NULL && round % 3 == 0) {
			blocks[k] = realloc(blocks[k], size + 1);
		} else {
			free(blocks[k]);
			blocks[k] = calloc(1, size + 1);
			bad |= blocks[k][0] | blocks[k][size];
		}
		sizes[k] = size;
		memset(blocks[k], (int)k, size);
	}
	for (int k = 0; k < 300; k++)
		free(blocks[k]);
	return (void *)bad;
}

static void
test_memory(void)
{
	pthread_t threads[3];
	void *bad;

	for (uintptr_t i = 0; i < 3; i++)
		OK(pthread_create(&threads[i], NULL, use_memory, (void *)(i + 1)) == 0);
	for (int i = 0; i < 3; i++) {
		OK(pthread_join(threads[i], &bad) == 0 && bad == NULL);
	}
}

static _Thread_local int tls_value = 41;
static _Thread_local char tls_zero[300];
static _Thread_local long double tls_aligned __attribute__((aligned(64))) = 2.5L;

static void *
use_tls(void *arg)
{
	intptr_t is_fresh = tls_value == 41 && tls_zero[7] == 0 && tls_aligned == 2.5L &&
			    (uintptr_t)&tls_aligned % 64 == 0;

	tls_value += (int)(intptr_t)arg;
	tls_zero[7] = 1;
	return (void *)is_fresh;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter;

static void *
count_up(void *arg)
{
	for (int i = 0; i < 10000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_lock(&mutex);
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	return arg;
}

static void
test_threads(void)
{
	pthread_t threads[4];
	void *ret;

	OK(pthread_create(&threads[0], NULL, use_tls, (void *)9) == 0);
	OK(pthread_join(threads[0], &ret) == 0 && ret == (void *)1);
	OK(tls_value == 41 && tls_zero[7] == 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, count_up, NULL);
	pthread_mutex_lock(&mutex);
	while (counter < 40000)
		pthread_cond_wait(&condition, &mutex);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	OK(counter == 40000);
}

static int cleaned, pipe_fds[2], epoll_fd;
static sem_t started;

static void
clean_up(void *arg)
{
	cleaned++;
}

static void *
block_in_read(void *arg)
{
	char c;

	pthread_cleanup_push(clean_up, NULL);
	sem_post(&started);
	read(pipe_fds[0], &c, 1);
	pthread_cleanup_pop(0);
	return arg;
}

static void *
block_in_epoll(void *arg)
{
	struct epoll_event event;

	pthread_cleanup_push(clean_up, NULL);
	sem_post(&started);
	epoll_wait(epoll_fd, &event, 1, -1);
	pthread_cleanup_pop(0);
	return arg;
}

static void
test_cancellation(void)
{
	void *(*const blocked[])(void *) = { block_in_read, block_in_epoll };

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	OK(pipe(pipe_fds) == 0 && epoll_fd >= 0);
	sem_init(&started, 0, 0);
	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		void *ret = NULL;

		pthread_create(&thread, NULL, blocked[i], NULL);
		sem_wait(&started);
		usleep(5000);
		OK(pthread_cancel(thread) == 0 && pthread_join(thread, &ret) == 0);
		OK(ret == PTHREAD_CANCELED && cleaned == i + 1);
	}
}

static void
test_epoll(void)
{
	struct epoll_event first = { EPOLLIN, { .u64 = 0x1122334455667788 } };
	struct epoll_event second = { EPOLLIN, { .fd = 77 } };
	struct epoll_event got[4];
	int other[2], i;

	OK(pipe(other) == 0);
	OK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fds[0], &first) == 0);
	OK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, other[0], &second) == 0);
	OK(write(pipe_fds[1], "x", 1) == 1 && write(other[1], "y", 1) == 1);
	OK(epoll_wait(epoll_fd, got, 4, 1000) == 2);
	i = got[0].data.u64 != 0x1122334455667788;
	OK(got[i].data.u64 == 0x1122334455667788 && got[1 - i].data.fd == 77);
	OK(got[0].events == EPOLLIN && got[1].events == EPOLLIN);
	OK(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, other[0], NULL) == 0);
}

static sigjmp_buf jump;
static volatile sig_atomic_t handled, has_sender;

static void
leap(int signal)
{
	handled++;
	siglongjmp(jump, 3);
}

static void
note_sender(int signal, siginfo_t *info, void *context)
{
	handled++;
	has_sender = info->si_pid == getpid() && context != NULL;
}

static void
test_signals(void)
{
	struct sigaction action = { .sa_handler = leap }, old;
	jmp_buf plain;
	volatile int value = 1;
	int ret;

	OK(sigaction(SIGUSR1, &action, NULL) == 0);
	for (int i = 1; i <= 2; i++) {
		ret = sigsetjmp(jump, 1);
		if (ret == 0)
			raise(SIGUSR1);
		OK(ret == 3 && handled == i);
	}
	OK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == leap && old.sa_flags == 0);
	action = (struct sigaction){ .sa_sigaction = note_sender, .sa_flags = SA_SIGINFO };
	OK(sigaction(SIGUSR2, &action, NULL) == 0 && kill(getpid(), SIGUSR2) == 0);
	OK(handled == 3 && has_sender);
	ret = setjmp(plain);
	if (ret == 0) {
		value = 2;
		longjmp(plain, 0);
	}
	OK(ret == 1 && value == 2);
}

static void
test_files(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	char path[] = "/tmp/check.XXXXXX";
	struct statfs filesystem;
	struct stat st;
	int fd = mkstemp(path);
	struct dirent *entry;
	int is_listed = 0;
	DIR *directory;
	char *map;

	OK(fd >= 0 && write(fd, "abc", 3) == 3 && fstat(fd, &st) == 0);
	OK(st.st_size == 3 && (st.st_mode & 07777) == 0600 && st.st_nlink == 1);
	OK(S_ISREG(st.st_mode) && st.st_uid == getuid() && st.st_mtime >= time(NULL) - 60);
	OK(fcntl(fd, F_SETFL, O_APPEND) == 0 && (fcntl(fd, F_GETFL) & O_APPEND) != 0);
	OK(fcntl(fd, F_SETLK, &lock) == 0);
	map = mmap(NULL, 3, PROT_READ, MAP_SHARED, fd, 0);
	OK(map != MAP_FAILED && memcmp(map, "abc", 3) == 0);
	OK(open(path, O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR);
	OK(open("/tmp", O_RDONLY | O_DIRECTORY) >= 0);
	OK(unlink(path) == 0 && stat(path, &st) == -1 && errno == ENOENT);
	OK(fstat(pipe_fds[0], &st) == 0 && S_ISFIFO(st.st_mode));
	OK(lstat("/proc/self/exe", &st) == 0 && S_ISLNK(st.st_mode));
	OK(statfs("/", &filesystem) == 0 && filesystem.f_bsize > 0);
	OK(faccessat(AT_FDCWD, "/bin/sh", X_OK, AT_EACCESS) == 0);
	directory = opendir("/etc");
	while (directory != NULL && (entry = readdir(directory)) != NULL)
		is_listed |= strcmp(entry->d_name, "passwd") == 0;
	OK(is_listed && closedir(directory) == 0);
}

static void
test_ipc(void)
{
	struct semid_ds status;
	union {
		int value;
		struct semid_ds *status;
	} argument = { .status = &status };
	int id = semget(IPC_PRIVATE, 3, 0600), fds[2];
	struct pollfd poll_fd;
	char c;

	OK(id >= 0 && semctl(id, 0, IPC_STAT, argument) == 0);
	OK(status.sem_nsems == 3 && status.sem_ctime >= time(NULL) - 60);
	OK(semctl(id, 0, IPC_RMID) == 0);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	OK(send(fds[0], "z", 1, 0) == 1 && recv(fds[1], &c, 1, 0) == 1 && c == 'z');
	poll_fd = (struct pollfd){ fds[0], POLLOUT, 0 };
	OK(poll(&poll_fd, 1, 100) == 1 && poll_fd.revents == POLLOUT);
}

static int
exit_status(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_processes(void)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"exit 3", NULL };
	char line[20];
	FILE *pipe;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("CHECK", "inherited", 1);
		execl("/proc/self/exe", "check", "child", (char *)NULL);
		_exit(1);
	}
	OK(exit_status(pid) == 9);
	pid = vfork();
	if (pid == 0)
		_exit(4);
	OK(exit_status(pid) == 4);
	OK(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0);
	OK(exit_status(pid) == 3);
	pipe = popen("echo hi; exit 2", "r");
	OK(pipe != NULL && fgets(line, sizeof line, pipe) != NULL && strcmp(line, "hi\n") == 0);
	OK(WEXITSTATUS(pclose(pipe)) == 2);
}

static void
test_time(void)
{
	struct timespec before, after, pause = { 0, 2000000 };
	time_t year = 86400 * 365;
	char text[40];
	struct tm tm;

	clock_gettime(CLOCK_MONOTONIC, &before);
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC, &after);
	OK((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >=
		2000000);
	gmtime_r(&year, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	OK(strcmp(text, "1971-01-01 00:00:00") == 0);
}

static int
find_main(struct dl_phdr_info *info, size_t size, void *data)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type == PT_LOAD && (uintptr_t)&failures >= start &&
			(uintptr_t)&failures - start < info->dlpi_phdr[i].p_memsz)
			return 5;
	}
	return 0;
}

static volatile int begun;

__attribute__((constructor)) static void
begin(void)
{
	begun = getpid();
}

static void
say_exit(void)
{
	write(STDOUT_FILENO, "exit ", 5);
}

__attribute__((destructor)) static void
end(void)
{
	write(STDOUT_FILENO, "end\n", 4);
}

static void *trace[32];
static int trace_length;

/* Whether a function of this name is in the trace, above `from`; its place, or 0. */
static int
find_in_trace(const char *name, int from)
{
	char **texts = backtrace_symbols(trace, trace_length);
	char *wanted = NULL;
	int found = 0;

	if (asprintf(&wanted, "(%s+0x", name) < 0)
		return 0;
	for (int i = from; texts != NULL && i < trace_length && found == 0; i++)
		if (strstr(texts[i], wanted) != NULL)
			found = i + 1;
	free(wanted);
	free(texts);
	return found;
}

__attribute__((noinline)) int
take_trace(const void *a, const void *b)
{
	(void)a;
	(void)b;
	trace_length = backtrace(trace, 32);
	return trace_length == 0;
}

__attribute__((noinline)) void
interrupt(int number)
{
	OK(take_trace(&number, NULL) == 0);
}

__attribute__((noinline)) void
sort_traced(void)
{
	int numbers[] = { 2, 1 };

	qsort(numbers, 2, sizeof numbers[0], take_trace);
	OK(numbers[0] > 0);
}

static void *
trace_in_thread(void *unused)
{
	take_trace(unused, unused);
	return NULL;
}

static void
test_backtrace(void)
{
	int pipe_ends[2], place;
	char text[4096];
	pthread_t thread;
	ssize_t length;

	/* From a function of ours through libc into one of ours. */
	sort_traced();
	place = find_in_trace("take_trace", 0);
	OK(place == 1);
	OK((place = find_in_trace("__qsort_r", place)) > 0);
	OK((place = find_in_trace("sort_traced", place)) > 0);
	OK(find_in_trace("main", place) > 0);
	OK(find_in_trace("weld_start", place) > 0);

	signal(SIGUSR1, interrupt);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_DFL);
	place = find_in_trace("interrupt", 0);
	OK(place > 0);
	OK((place = find_in_trace("raise", place)) > 0);
	OK(find_in_trace("main", place) > 0);

	OK(pthread_create(&thread, NULL, trace_in_thread, NULL) == 0);
	OK(pthread_join(thread, NULL) == 0);
	OK(find_in_trace("trace_in_thread", 0) > 0);
	OK(find_in_trace("main", 0) == 0);

	OK(pipe(pipe_ends) == 0);
	backtrace_symbols_fd(trace, trace_length, pipe_ends[1]);
	length = read(pipe_ends[0], text, sizeof text - 1);
	OK(length > 0 && text[length - 1] == '\n');
	text[length > 0 ? length : 0] = '\0';
	OK(strstr(text, "(trace_in_thread+0x") != NULL);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	OK(backtrace(trace, 1) == 1);
	OK(backtrace(trace, 0) == 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "child") == 0)
		_exit(strcmp(getenv("CHECK"), "inherited") == 0 ? 9 : 1);
	OK(begun == getpid());
	test_variadics();
	test_numbers();
	test_strings();
	test_memory();
	test_threads();
	test_cancellation();
	test_epoll();
	test_signals();
	test_files();
	test_ipc();
	test_processes();
	test_time();
	OK(dl_iterate_phdr(find_main, NULL) == 5);
	test_backtrace();
	atexit(say_exit);
	printf("%d promises, %d broken\n", promises, failures);
	return failures != 0;
}
