/* SPDX-License-Identifier: MIT */
/*
 * From the mapper to main: the mapper hands over the functions that run the
 * constructors and destructors of slots and program.
 */
#include <elf.h>
#include <poll.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "syscall.h"
#include "atomic.h"
#include "libc.h"

typedef int main_function(int, char **, char **);
typedef void init_function(int, char **, char **);
typedef void fini_function(void);

#define AUX_CNT 38

hidden fini_function *__weld_fini, *__weld_close_all;
hidden int __weld_argc;
hidden char **__weld_argv;

__attribute__((__noinline__))
void __init_libc(char **envp, char *pn)
{
	size_t i, *auxv, aux[AUX_CNT] = { 0 };
	__environ = envp;
	for (i=0; envp[i]; i++);
	libc.auxv = auxv = (void *)(envp+i+1);
	for (i=0; auxv[i]; i+=2) if (auxv[i]<AUX_CNT) aux[auxv[i]] = auxv[i+1];
	__hwcap = aux[AT_HWCAP];
	if (aux[AT_SYSINFO]) __sysinfo = aux[AT_SYSINFO];
	libc.page_size = aux[AT_PAGESZ];

	if (!pn) pn = (void*)aux[AT_EXECFN];
	if (!pn) pn = "";
	__progname = __progname_full = pn;
	for (i=0; pn[i]; i++) if (pn[i]=='/') __progname = pn+i+1;

	__init_tls(aux);
	__init_ssp((void *)aux[AT_RANDOM]);

	if (aux[AT_UID]==aux[AT_EUID] && aux[AT_GID]==aux[AT_EGID]
		&& !aux[AT_SECURE]) return;

	struct pollfd pfd[3] = { {.fd=0}, {.fd=1}, {.fd=2} };
	int r = __syscall(SYS_ppoll, pfd, 3, &(struct timespec){0}, 0, _NSIG/8);
	if (r<0) a_crash();
	for (i=0; i<3; i++) if (pfd[i].revents&POLLNVAL)
		if (__sys_open("/dev/null", O_RDWR)<0)
			a_crash();
	libc.secure = 1;
}

_Noreturn void __libc_start_main(main_function *main, int argc, char **argv,
	init_function *init, fini_function *fini)
{
	char **envp = argv+argc+1;

	__init_libc(envp, argv[0]);
	/* Nothing that uses the thread pointer may move up here. */
	__asm__ __volatile__ ("" : : : "memory");
	__weld_fini = fini;
	__weld_argc = argc;
	__weld_argv = argv;
	init(argc, argv, envp);
	exit(main(argc, argv, envp));
}
