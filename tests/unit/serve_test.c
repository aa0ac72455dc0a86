/* SPDX-License-Identifier: MIT */
/* The server gives out plain files below metadata/ and targets/, and nothing else. */
#include "repo/serve.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Send a request as it is and read the whole answer. */
static char *
ask(struct arena *arena, uint16_t port, const char *request_line)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd AUTO(file_close) = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *request = arena_printf(
		arena, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", request_line);
	char *answer = arena_alloc(arena, 65536);
	size_t length = 0;
	ssize_t got;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
		send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		tap_bail("cannot ask");
	while (length < 65535 && (got = recv(fd, answer + length, 65535 - length, 0)) > 0)
		length += (size_t)got;
	return answer;
}

static void
make_files(struct arena *arena, const char *directory)
{
	static const char *const names[] = { "secret", "metadata/timestamp.json",
		"metadata/1.root.json", "targets/abc.frob.weld", "targets/.new.weld" };

	for (size_t i = 0; i < 2; i++)
		if (mkdir(arena_printf(
				  arena, "%s/%s", directory, i == 0 ? "metadata" : "targets"),
			    0700) < 0)
			tap_bail("mkdir");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (file_create(AT_FDCWD, arena_printf(arena, "%s/%s", directory, names[i]),
			    names[i], strlen(names[i]), 0600) < 0)
			tap_bail("%s", err_message());
	if (symlink("../secret", arena_printf(arena, "%s/targets/link", directory)) < 0 ||
		mkfifo(arena_printf(arena, "%s/targets/fifo", directory), 0600) < 0)
		tap_bail("link");
}

static void
test_answers(struct arena *arena, uint16_t port)
{
	static const char *const refused[] = { "GET /", "GET /secret", "GET /metadata",
		"GET /metadata/", "GET /targets/../secret", "GET /targets/%2e%2e/secret",
		"GET /targets/link", "GET /targets/fifo", "GET /targets/.new.weld",
		"GET /metadata/../../../../etc/passwd", "GET //etc/passwd",
		"GET /targets//etc/passwd", "GET /targets/%00", "GET /targets/none" };
	char *answer = ask(arena, port, "GET /metadata/1.root.json");

	tap_ok(str_has_prefix(answer, "HTTP/1.1 200") &&
			str_has_suffix(answer, "\r\n\r\nmetadata/1.root.json"),
		"a document is given out");
	tap_ok(strstr(answer, "immutable") != NULL, "and may be cached");
	answer = ask(arena, port, "GET /metadata/timestamp.json");
	tap_ok(strstr(answer, "no-cache") != NULL, "but the timestamp may not");
	answer = ask(arena, port, "HEAD /targets/abc.frob.weld");
	tap_ok(str_has_prefix(answer, "HTTP/1.1 200") &&
			strstr(answer, "Content-Length: 21") != NULL &&
			str_has_suffix(answer, "\r\n\r\n"),
		"HEAD says how long a package is");
	answer = ask(arena, port, "POST /metadata/1.root.json");
	tap_ok(str_has_prefix(answer, "HTTP/1.1 405"), "POST is not allowed");
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		answer = ask(arena, port, refused[i]);
		tap_ok(strstr(answer, "not found") != NULL && strstr(answer, "root:") == NULL,
			"%s is not found", refused[i]);
	}
}

/* Serve in a process of its own, until it is told to end. */
static void
test_server(struct arena *arena, const struct serve *serve)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)serve_run(serve, false);
		_exit(99);
	}
	test_answers(arena, serve->port);
	kill(pid, SIGTERM);
	if (process_wait(pid, &status) < 0)
		tap_bail("%s", err_message());
	tap_is_number(status, 0, "SIGTERM ends it well");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *directory = sample_directory(arena);
	struct serve_options options = { .directory = directory };
	struct serve serve = { .directory = -1, .socket = -1 };
	struct serve second;

	tap_ok(serve_open(&options, &serve) == ERR_NOT_FOUND, "no repository: %s",
		err_message());
	make_files(arena, directory);
	options.address = "localhost";
	tap_ok(serve_open(&options, &serve) == ERR_FORMAT, "no name as address: %s",
		err_message());
	options.address = NULL;
	tap_ok(serve_open(&options, &serve) == 0 && serve.port != 0, "it chooses a free port");
	options.port = serve.port;
	tap_ok(serve_open(&options, &second) == ERR_IO, "a taken port: %s", err_message());
	test_server(arena, &serve);
	serve_close(&serve);
	tap_ok(serve_open(&options, &serve) == 0, "the port is free again");
	serve_close(&serve);
	options = (struct serve_options){ .directory = directory, .address = "::1" };
	if (serve_open(&options, &serve) == 0)
		tap_ok(serve.port != 0, "an address of IPv6");
	else
		tap_skip("no IPv6 here");
	setenv("WELD_LIBEXEC", "/nonexistent", 1);
	tap_ok(serve_run(&serve, false) == ERR_NOT_FOUND, "without weld-serve: %s",
		err_message());
	serve_close(&serve);
	sample_remove(directory);
	return tap_done();
}
