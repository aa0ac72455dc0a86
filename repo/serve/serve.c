/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd in one thread with epoll. A request names a file by path; the
 * path is opened with openat2(2) beneath the repository, never through a link,
 * and only plain files below metadata/ and targets/ are given out.
 */
#include "repo/serve.h"

#include "base/err.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define TIMEOUT_SECONDS 60

struct serve {
	struct serve_options options;
	struct MHD_Daemon *daemon;
	int directory;
	uint16_t port;
};

static const char not_found[] = "not found\n";
static const char not_allowed[] = "only GET and HEAD\n";

static enum MHD_Result
answer(struct serve *serve, struct MHD_Connection *connection, const char *method,
	const char *path, unsigned status, struct MHD_Response *response, uint64_t size)
{
	enum MHD_Result ret;

	if (response == NULL)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	if (serve->options.answered != NULL)
		serve->options.answered(serve->options.data, method, path, status, size);
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
open_target(const struct serve *serve, const char *path, uint64_t *ret_size)
{
	struct stat info;
	int fd = -1;

	if (!str_has_prefix(path, "/metadata/") && !str_has_prefix(path, "/targets/"))
		return -1;
	/* A name of ours that begins with a dot is not finished. */
	if (strstr(path, "/.") != NULL)
		return -1;
	if (file_open_beneath(serve->directory, path + 1, O_RDONLY | O_NONBLOCK, 0, &fd) < 0)
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
	struct serve *serve = data;
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
		return answer(serve, connection, method, path, MHD_HTTP_METHOD_NOT_ALLOWED,
			text_response(not_allowed), sizeof not_allowed - 1);
	fd = open_target(serve, path, &size);
	if (fd < 0)
		return answer(serve, connection, method, path, MHD_HTTP_NOT_FOUND,
			text_response(not_found), sizeof not_found - 1);
	response = MHD_create_response_from_fd64(size, fd);
	if (response == NULL) {
		close(fd);
		return MHD_NO;
	}
	add_headers(response, path);
	return answer(serve, connection, method, path, MHD_HTTP_OK, response, size);
}

static int
make_address(const struct serve_options *options, struct sockaddr_storage *ret_address,
	bool *ret_is_v6)
{
	const char *text = options->address == NULL ? "127.0.0.1" : options->address;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(options->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(options->port) };

	memset(ret_address, 0, sizeof *ret_address);
	*ret_is_v6 = false;
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret_address, &v4, sizeof v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(ret_address, &v6, sizeof v6);
		*ret_is_v6 = true;
		return 0;
	}
	return err_set(
		ERR_FORMAT, "address \"%.100s\": not numeric (such as 127.0.0.1 or ::1)", text);
}

static int
open_repository(struct serve *serve)
{
	TRY(file_open_dir(AT_FDCWD, serve->options.directory, &serve->directory));
	if (!file_exists(serve->directory, "metadata/timestamp.json"))
		return err_set(ERR_NOT_FOUND,
			"%s: not a repository (run 'weld repo init' first)",
			serve->options.directory);
	return 0;
}

static int
listen_and_serve(struct serve *serve)
{
	struct sockaddr_storage address;
	bool is_v6 = false;
	const union MHD_DaemonInfo *info;

	TRY(open_repository(serve));
	TRY(make_address(&serve->options, &address, &is_v6));
	errno = 0;
	serve->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | (is_v6 ? MHD_USE_IPv6 : 0), 0, NULL, NULL,
		handle, serve, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_SECONDS, MHD_OPTION_END);
	if (serve->daemon == NULL)
		return err_errno("port %u: listen", serve->options.port);
	info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_BIND_PORT);
	serve->port = info == NULL ? serve->options.port : info->port;
	return 0;
}

int
serve_start(const struct serve_options *options, struct serve **ret_serve)
{
	struct serve *serve = calloc(1, sizeof *serve);
	int ret;

	if (serve == NULL)
		abort();
	serve->options = *options;
	serve->directory = -1;
	ret = listen_and_serve(serve);
	if (ret < 0) {
		serve_stop(&serve);
		return ret;
	}
	*ret_serve = serve;
	return 0;
}

uint16_t
serve_port(const struct serve *serve)
{
	return serve->port;
}

static void
stop_signals(sigset_t *ret_signals)
{
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGINT);
	sigaddset(ret_signals, SIGTERM);
}

void
serve_block_signals(void)
{
	sigset_t signals;

	stop_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int
serve_wait(const struct serve *serve)
{
	sigset_t signals;

	(void)serve;
	stop_signals(&signals);
	while (sigwaitinfo(&signals, NULL) < 0)
		if (errno != EINTR)
			return err_errno("wait for a signal");
	return 0;
}

void
serve_stop(struct serve **serve)
{
	if (*serve == NULL)
		return;
	if ((*serve)->daemon != NULL)
		MHD_stop_daemon((*serve)->daemon);
	file_close(&(*serve)->directory);
	free(*serve);
	*serve = NULL;
}
