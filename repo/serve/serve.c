/* SPDX-License-Identifier: MIT */
/*
 * All that can go wrong goes wrong here, before the server begins: it is handed the repository's
 * directory and a socket that listens.
 */
#include "repo/serve.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/program.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAITING_MAX 64 /* connections that were not taken yet */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int
make_address(
	const struct serve_options *options, union address *ret_address, socklen_t *ret_length)
{
	const char *text = options->address == NULL ? "127.0.0.1" : options->address;
	union address address = { .v4 = { .sin_family = AF_INET,
					  .sin_port = htons(options->port) } };

	*ret_length = sizeof address.v4;
	if (inet_pton(AF_INET, text, &address.v4.sin_addr) != 1) {
		address = (union address){ .v6 = { .sin6_family = AF_INET6,
						   .sin6_port = htons(options->port) } };
		*ret_length = sizeof address.v6;
		if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) != 1)
			return err_set(ERR_FORMAT,
				"address \"%.100s\": not numeric (such as 127.0.0.1 or ::1)",
				text);
	}
	*ret_address = address;
	return 0;
}

static int
open_repository(const char *directory, int *ret_fd)
{
	TRY(file_open_dir(AT_FDCWD, directory, ret_fd));
	if (!file_exists(*ret_fd, "metadata/timestamp.json"))
		return err_set(ERR_NOT_FOUND,
			"%s: not a repository (run 'weld repo init' first)", directory);
	return 0;
}

static int
open_port(const struct serve_options *options, int *ret_socket, uint16_t *ret_port)
{
	const int yes = 1;
	union address address;
	socklen_t length = 0;
	int fd;

	TRY(make_address(options, &address, &length));
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*ret_socket = fd;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
		(address.any.sa_family == AF_INET6 &&
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) < 0) ||
		bind(fd, &address.any, length) < 0 || listen(fd, WAITING_MAX) < 0 ||
		getsockname(fd, &address.any, &length) < 0)
		return err_errno("port %u: listen", options->port);
	*ret_port = ntohs(
		address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	return 0;
}

int
serve_open(const struct serve_options *options, struct serve *ret_serve)
{
	struct serve serve = { .directory = -1, .socket = -1 };
	int ret = open_repository(options->directory, &serve.directory);

	if (ret >= 0)
		ret = open_port(options, &serve.socket, &serve.port);
	if (ret < 0) {
		serve_close(&serve);
		return ret;
	}
	*ret_serve = serve;
	return 0;
}

int
serve_run(const struct serve *serve, bool is_verbose)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *program;

	TRY(program_find(arena, SERVE_PROGRAM, &program));
	if (fcntl(serve->directory, F_SETFD, 0) < 0 || fcntl(serve->socket, F_SETFD, 0) < 0)
		return err_errno(SERVE_PROGRAM);
	execl(program, program, arena_printf(arena, "%d", serve->directory),
		arena_printf(arena, "%d", serve->socket), is_verbose ? "verbose" : "quiet",
		(char *)NULL);
	return err_errno("%s", program);
}

void
serve_close(struct serve *serve)
{
	file_close(&serve->directory);
	file_close(&serve->socket);
}
