/* SPDX-License-Identifier: MIT */
/*
 * weld-serve: libmicrohttpd in one thread with epoll. A request names a file by path; the
 * path is opened with openat2(2) beneath the repository, never through a link,
 * and only plain files below metadata/ and targets/ are given out.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define TIMEOUT_SECONDS 60

struct server {
	int directory; /* of the repository */
	bool is_verbose;
};

static const char not_found[] = "not found\n";
static const char not_allowed[] = "only GET and HEAD\n";

static enum MHD_Result
answer(const struct server *server, struct MHD_Connection *connection, const char *method,
	const char *path, unsigned status, struct MHD_Response *response, uint64_t size)
{
	enum MHD_Result ret;

	if (response == NULL)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	if (server->is_verbose)
		fprintf(stderr, "%u %s %s %" PRIu64 "\n", status, method, path, size);
	return ret;
}

static struct MHD_Response *
text_response(const char *text)
{
	return MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
}

/* Open what a path names; -1 when it names nothing that is given out. */
static int
open_target(const struct server *server, const char *path, uint64_t *ret_size)
{
	struct stat info;
	int fd = -1;

	if (!str_has_prefix(path, "/metadata/") && !str_has_prefix(path, "/targets/"))
		return -1;
	/* A name of ours that begins with a dot is not finished. */
	if (strstr(path, "/.") != NULL)
		return -1;
	if (file_open_beneath(server->directory, path + 1, O_RDONLY | O_NONBLOCK, 0, &fd) < 0)
		return -1;
	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return -1;
	}
	*ret_size = (uint64_t)info.st_size;
	return fd;
}

static void
add_headers(struct MHD_Response *response, const char *path)
{
	bool is_json = str_has_suffix(path, ".json");
	bool is_fixed = strcmp(path, "/metadata/timestamp.json") != 0;

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		is_json ? "application/json" : "application/octet-stream");
	/* Every other name stands for the same bytes for ever. */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
		is_fixed ? "max-age=31536000, immutable" : "no-cache");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result
handle(void *data, struct MHD_Connection *connection, const char *path, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **request)
{
	const struct server *server = data;
	struct MHD_Response *response;
	uint64_t size = 0;
	int fd;

	(void)version;
	(void)upload;
	(void)request;
	if (*upload_size > 0) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(server, connection, method, path, MHD_HTTP_METHOD_NOT_ALLOWED,
			text_response(not_allowed), sizeof not_allowed - 1);
	fd = open_target(server, path, &size);
	if (fd < 0)
		return answer(server, connection, method, path, MHD_HTTP_NOT_FOUND,
			text_response(not_found), sizeof not_found - 1);
	response = MHD_create_response_from_fd64(size, fd);
	if (response == NULL) {
		close(fd);
		return MHD_NO;
	}
	add_headers(response, path);
	return answer(server, connection, method, path, MHD_HTTP_OK, response, size);
}

static int
serve(const struct server *server, int socket)
{
	struct MHD_Daemon *daemon;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	/* The server's thread must not get them either. */
	sigprocmask(SIG_BLOCK, &signals, NULL);
	errno = 0;
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle,
		(void *)(uintptr_t)server, MHD_OPTION_LISTEN_SOCKET, socket,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_SECONDS, MHD_OPTION_END);
	if (daemon == NULL)
		return err_errno("serve");
	while (sigwaitinfo(&signals, NULL) < 0 && errno == EINTR)
		;
	MHD_stop_daemon(daemon);
	return 0;
}

int
main(int argc, char **argv)
{
	struct server server = { .directory = argc == 4 ? worker_parse_fd(argv[1]) : -1 };
	int socket = argc == 4 ? worker_parse_fd(argv[2]) : -1;

	if (server.directory < 0 || socket < 0) {
		fputs("usage: weld-serve DIRECTORY SOCKET verbose|quiet (run by weld)\n",
			stderr);
		return 2;
	}
	server.is_verbose = strcmp(argv[3], "verbose") == 0;
	if (serve(&server, socket) < 0) {
		fprintf(stderr, "weld: error: %s\n", err_message());
		return 1;
	}
	return 0;
}
