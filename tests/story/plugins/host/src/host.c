/* SPDX-License-Identifier: MIT */
/*
 * host PLUG-IN ...: open plug-ins, call them, and check what dlopen() and its
 * companions promise. Prints one line a promise; exits with 1 when one is broken.
 */
#define _GNU_SOURCE
#include "host.h"
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int host_calls;
static int failures;

int
host_add(int a, int b)
{
	host_calls++;
	return a + b;
}

int
host_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void
host_say(const char *text)
{
	printf("%s\n", text);
	fflush(stdout);
}

static void
ok(int is_ok, const char *promise)
{
	const char *error = dlerror();

	printf("%s - %s%s%s\n", is_ok ? "ok" : "BROKEN", promise,
		is_ok || error == NULL ? "" : ": ", is_ok || error == NULL ? "" : error);
	fflush(stdout);
	failures += !is_ok;
}

static int
count_images(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(int *)data += strstr(info->dlpi_name, ".so") != NULL;
	return 0;
}

static int
plugins_listed(void)
{
	int count = 0;

	dl_iterate_phdr(count_images, &count);
	return count;
}

static void *
greet_in_thread(void *handle)
{
	greet_function *greet = (greet_function *)dlsym(handle, "greet");
	void *again = dlopen(PLUGINS "/greet.so", RTLD_NOW);
	long sum = 0;

	for (int i = 0; i < 1000; i++)
		sum += greet(NULL);
	dlclose(again);
	return (void *)sum;
}

static void
try_threads(void *handle)
{
	pthread_t threads[4];
	void *sum;
	int good = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, greet_in_thread, handle);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &sum);
		good += sum == (void *)7000;
	}
	ok(good == 4, "threads call it, and open and close it at once");
}

static void
try_fork(void *handle)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		greet_function *greet = (greet_function *)dlsym(handle, "greet");

		_exit(greet != NULL && greet(NULL) == 7 &&
					dlopen(PLUGINS "/greet.so", RTLD_NOW) == handle
				? 0
				: 1);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		"a child of fork() calls and opens it");
}

static void
try_symbols(void *handle)
{
	void *self = dlopen(NULL, RTLD_NOW);
	void *(*qsort_of)(void) = (void *(*)(void))dlsym(handle, "qsort_of");
	void *(*compare_of)(void) = (void *(*)(void))dlsym(handle, "compare_of");
	int *values = dlsym(handle, "greet_values");
	int *(*values_of)(void) = (int *(*)(void))dlsym(handle, "values_of");
	Dl_info info = { 0 };

	ok(self != NULL && dlsym(self, "host_add") == (void *)host_add,
		"dlopen(NULL) finds what the program exports");
	ok(dlsym(RTLD_DEFAULT, "qsort") == (void *)qsort,
		"RTLD_DEFAULT finds a function of libc");
	ok(qsort_of() == (void *)qsort, "a function of libc has one address everywhere");
	ok(compare_of() == (void *)host_compare, "so has one of the program");
	ok(values != NULL && values == values_of() && values[2] == 3,
		"data of a plug-in is found");
	ok(dlsym(handle, "host_say_nothing") == NULL &&
			strstr(dlerror(), "host_say_nothing") != NULL,
		"a symbol that is not there is named");
	ok(dlsym(handle, "hidden_helper") == NULL, "what is hidden is not found");
	ok(dladdr((void *)(dlsym(handle, "greet")), &info) != 0 &&
			strcmp(info.dli_sname, "greet") == 0 &&
			strstr(info.dli_fname, "greet.so") != NULL,
		"dladdr() names a function of a plug-in");
	ok(dladdr((void *)host_add, &info) != 0 && strcmp(info.dli_sname, "host_add") == 0,
		"and one of the program");
}

static void
try_greet(void)
{
	void *handle = dlopen(PLUGINS "/greet.so", RTLD_NOW);
	greet_function *greet;
	void *again;

	ok(handle != NULL, "a plug-in opens");
	if (handle == NULL)
		return;
	greet = (greet_function *)dlsym(handle, "greet");
	ok(greet != NULL && greet("world") == 7 && host_calls > 0,
		"and calls its program and libc");
	again = dlopen(PLUGINS "/../host/./greet.so", RTLD_LAZY | RTLD_GLOBAL);
	ok(again == handle, "opened twice, also by another path, it is one");
	ok(plugins_listed() == 1, "dl_iterate_phdr() lists it");
	try_symbols(handle);
	try_threads(handle);
	try_fork(handle);
	ok(dlclose(again) == 0 && greet(NULL) == 7, "closed once it is still there");
	ok(dlclose(handle) == 0 && plugins_listed() == 0, "closed twice it is gone");
	ok(dlclose(handle) != 0 && strstr(dlerror(), "nvalid") != NULL,
		"a stale handle is refused");
	ok(dlopen(PLUGINS "/greet.so", RTLD_NOW | RTLD_NOLOAD) == NULL,
		"RTLD_NOLOAD opens nothing");
	handle = dlopen(PLUGINS "/greet.so", RTLD_NOW);
	greet = handle == NULL ? NULL : (greet_function *)dlsym(handle, "greet");
	ok(greet != NULL && greet("again") == 7, "it opens again, with fresh data");
}

static void
try_errors(void)
{
	ok(dlopen("/nowhere/x.so", RTLD_NOW) == NULL &&
			strstr(dlerror(), "No such file") != NULL,
		"a file that is not there is an error");
	ok(dlopen("/etc/passwd", RTLD_NOW) == NULL &&
			strstr(dlerror(), "not an ELF file") != NULL,
		"so is a text");
	ok(dlopen("/proc/self/exe", RTLD_NOW) == NULL &&
			strstr(dlerror(), "is a program") != NULL,
		"and a program");
	ok(dlopen("libnothing.so", RTLD_NOW) == NULL &&
			strstr(dlerror(), "libnothing.so") != NULL,
		"and a name that nobody has");
	ok(dlerror() == NULL, "dlerror() tells an error once");
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void *handle = dlopen(argv[i], RTLD_NOW);
		greet_function *greet =
			handle == NULL ? NULL : (greet_function *)dlsym(handle, "greet");

		if (greet == NULL) {
			fprintf(stderr, "host: %s\n", dlerror());
			return 2;
		}
		greet("command line");
	}
	if (argc == 1) {
		try_errors();
		try_greet();
	}
	printf("%d broken\n", failures);
	return failures != 0;
}
