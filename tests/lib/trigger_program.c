/* SPDX-License-Identifier: MIT */
/*
 * The program of a trigger, for tests: joins files, or misbehaves as it is told. The name of what it
 * makes comes first; in a spy's every line says what was possible that must not be.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
join(FILE *to, char **paths)
{
	char line[4096];

	for (; *paths != NULL; paths++) {
		FILE *from = fopen(*paths, "r");

		fprintf(to, "%s:\n", strrchr(*paths, '/') + 1);
		while (from != NULL && fgets(line, sizeof line, from) != NULL)
			fputs(line, to);
		if (from != NULL)
			fclose(from);
	}
}

static void
tell(FILE *to, const char *what, int is_possible)
{
	if (is_possible)
		fprintf(to, "%s\n", what);
}

static void
spy(FILE *to, const char *input)
{
	char outside[4096];
	pid_t pid;

	snprintf(outside, sizeof outside, "%.*s/other", (int)(strrchr(input, '/') - input),
		input);
	tell(to, "is root", getuid() == 0);
	tell(to, "reads /etc/passwd", open("/etc/passwd", O_RDONLY) >= 0);
	tell(to, "sees /proc", access("/proc/self/status", F_OK) == 0);
	tell(to, "opens a socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
	tell(to, "opens a local socket", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	tell(to, "changes an input", open(input, O_WRONLY) >= 0);
	tell(to, "makes a file beside it", open(outside, O_WRONLY | O_CREAT, 0644) >= 0);
	tell(to, "makes a directory at the top", mkdir("/mine", 0755) == 0);
	tell(to, "ends its maker", kill(getppid(), 0) == 0);
	tell(to, "changes its root", chroot(".") == 0);
	tell(to, "has a third descriptor", fcntl(3, F_GETFD) >= 0 && fileno(to) != 3);
	pid = fork();
	if (pid == 0)
		_exit(0);
	tell(to, "starts a process", pid > 0);
	fprintf(to, "looked\n");
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	FILE *to;

	if (strcmp(verb, "fail") == 0) {
		fprintf(stderr, "line \033[1mone\nand two\n");
		return 7;
	}
	if (strcmp(verb, "crash") == 0)
		raise(SIGSEGV), *(volatile char *)0 = 0;
	if (strcmp(verb, "hang") == 0)
		pause(), sleep(3600);
	if (strcmp(verb, "spin") == 0)
		for (;;)
			;
	if (strcmp(verb, "link") == 0)
		return symlink("/etc/passwd", argv[2]) < 0;
	if (strcmp(verb, "nothing") == 0 || argc < 3)
		return 0;
	to = fopen(argv[2], "w");
	if (to == NULL)
		return 1;
	if (strcmp(verb, "spy") == 0)
		spy(to, argv[3]);
	else
		join(to, argv + 3);
	return fclose(to);
}
