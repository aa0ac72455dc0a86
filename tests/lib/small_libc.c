/* SPDX-License-Identifier: MIT */
/* A libc of two functions, for packages that tests build: see small_recipe.sh. */
long __weld_syscall(long, long, long, long, long, long, long);
void
say(const char *text)
{
	unsigned long length = 0;
	while (text[length] != 0)
		length++;
	__weld_syscall(64, 1, (long)text, length, 0, 0, 0);
	__weld_syscall(64, 1, (long)"\n", 1, 0, 0, 0);
}
void
__libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
	void (*init)(int, char **, char **), void (*fini)(void))
{
	init(argc, argv, argv + argc + 1);
	long status = main(argc, argv, argv + argc + 1);
	fini();
	__weld_syscall(94, status, 0, 0, 0, 0, 0);
}
