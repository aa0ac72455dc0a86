/* SPDX-License-Identifier: MIT */
/* pkgd: read the few options, get ready, serve. Whatever is wrong at the start ends it. */
#include "pkgd/server/server.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/protocol.h"
#include "pkgd/server/handover.h"
#include "pkgd/server/journal.h"
#include "pkgd/server/listen.h"
#include "pkgd/server/privilege.h"
#include "store/store.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define IDLE_S 60 /* when a socket was handed over: whoever did starts us again */
#define STOP_S 60

extern const char interface_text[], interface_text_end[];
extern const char service_text[], service_text_end[];

static const char usage[] =
	"usage: pkgd [--root DIR] [--socket PATH] [--rules FILE] [--idle SECONDS]\n"
	"            [--stop SECONDS] [--stderr] [--check]\n"
	"\n"
	"Serves one root to other programs; pkgd(8) says more.\n";

static int
read_seconds(const char *option, const char *text, unsigned *ret_seconds)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || seconds > 86400)
		return err_set(
			ERR_USAGE, "--%s=%s: not a number from 0 to 86400", option, text);
	*ret_seconds = (unsigned)seconds;
	return 0;
}

/* 1: the answer was printed, and that is all. */
static int
read_options(int argc, char **argv, struct server_options *options, bool *ret_on_stderr)
{
	static const struct option known[] = { { "root", required_argument, NULL, 'r' },
		{ "socket", required_argument, NULL, 's' },
		{ "rules", required_argument, NULL, 'p' },
		{ "idle", required_argument, NULL, 'i' },
		{ "stop", required_argument, NULL, 't' }, { "stderr", no_argument, NULL, 'e' },
		{ "check", no_argument, NULL, 'c' }, { "try", no_argument, NULL, 'y' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 } };
	int letter;

	while ((letter = getopt_long(argc, argv, "h", known, NULL)) != -1)
		switch (letter) {
		case 'r':
			options->root = optarg;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'p':
			options->access_file = optarg;
			break;
		case 'i':
			TRY(read_seconds("idle", optarg, &options->idle_s));
			break;
		case 't':
			TRY(read_seconds("stop", optarg, &options->stop_s));
			break;
		case 'c':
			options->checks_replies = true;
			break;
		case 'y':
			options->is_trial = true;
			break;
		case 'e':
			*ret_on_stderr = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		case 'v':
			puts("pkgd " WELD_VERSION);
			return 1;
		default:
			return err_set(ERR_USAGE, "an option that is none (see pkgd --help)");
		}
	return optind == argc ? 0
			      : err_set(ERR_USAGE, "%s: not an option (see pkgd --help)",
					argv[optind]);
}

static int
read_interfaces(struct server *server)
{
	struct str own = { interface_text, (size_t)(interface_text_end - interface_text) };
	struct str service = { service_text, (size_t)(service_text_end - service_text) };

	TRY(interface_read(server->arena, own, &server->interface));
	TRY(interface_read(server->arena, service, &server->service));
	server->interface.next = &server->service;
	return 0;
}

static int
take_over_signals(int *ret_fd)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* Somebody's mistake must not end a daemon. */
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_errno("signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_errno("signals");
	*ret_fd = fd;
	return 0;
}

/* What an earlier daemon left is settled before anybody's change. */
static void
settle_root(struct server *server)
{
	struct peer self = { .pid = getpid(), .uid = geteuid(), .gid = getegid() };
	json_t *request AUTO(json_release) = json_object();

	(void)operation_new(server, NULL, request, &self);
}

/* The socket, by one of the three ways by which there is one. */
static int
get_socket(struct server *server)
{
	json_t *state AUTO(json_release) = NULL;

	if (!handover_is_there() && server->options.is_trial)
		return 0;
	if (!handover_is_there()) {
		TRY(listen_open(server->options.socket, &server->listener, &server->lock));
		server->owns_socket = server->lock >= 0;
		return 0;
	}
	TRY(handover_read(&state));
	return server->options.is_trial ? 0 : handover_take(server, state);
}

static int
prepare(struct server *server)
{
	char *socket;

	server->arena = arena_new();
	if (server->options.root[0] != '/')
		return err_set(ERR_USAGE, "%s: the root is not an absolute path",
			server->options.root);
	TRY(store_check_place(server->options.root));
	TRY(pkgd_socket(server->arena, server->options.root, &socket));
	if (server->options.socket == NULL)
		server->options.socket = socket;
	TRY(read_interfaces(server));
	TRY(access_read(server->options.access_file, &server->access));
	if (listen_is_activated() && server->options.idle_s == UINT32_MAX)
		server->options.idle_s = IDLE_S;
	else if (server->options.idle_s == UINT32_MAX)
		server->options.idle_s = 0;
	TRY(take_over_signals(&server->signals));
	TRY(get_socket(server));
	TRY(privilege_drop());
	return proxy_use(access_proxy(server->access));
}

int
main(int argc, char **argv)
{
	static struct server server;
	bool on_stderr = false;
	bool is_successor;
	int ret;

	server = (struct server){ .listener = -1,
		.lock = -1,
		.signals = -1,
		.options = { .root = "/weld",
			.access_file = ACCESS_FILE,
			.idle_s = UINT32_MAX,
			.stop_s = STOP_S } };
	ret = read_options(argc, argv, &server.options, &on_stderr);
	if (ret > 0)
		return 0;
	mallopt(M_MXFAST, 0);
	if (ret == 0)
		ret = renew_watch(&server.renew, argv);
	is_successor = handover_is_there();
	if (ret == 0)
		ret = prepare(&server);
	if (ret < 0) {
		fprintf(stderr, "pkgd: error: %s\n", err_message());
		return err_exit_status(ret);
	}
	if (server.options.is_trial)
		return 0;
	journal_open(on_stderr);
	journal_note("serves %s at %s", server.options.root, server.options.socket);
	/* Whom we follow had nothing under way. */
	if (!is_successor)
		settle_root(&server);
	ret = server_run(&server);
	if (ret < 0)
		journal_warn("ends: %s", err_message());
	else
		journal_note("ends");
	if (server.owns_socket)
		(void)unlink(server.options.socket);
	return ret < 0 ? err_exit_status(ret) : 0;
}
