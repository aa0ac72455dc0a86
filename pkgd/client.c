/* SPDX-License-Identifier: MIT */
/*
 * The other side of the socket. A change is called without consent first; what
 * comes back is its plan. The person sees it, and the second call agrees to
 * that plan's digest. Between the calls the root is nobody's: when its state
 * changed, the plan is another one and is shown again.
 */
#include "pkgd/protocol.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/varlink/message.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DIRECTORY "/run/weld"
#define READ_SIZE ((size_t)64 << 10) /* bytes */
#define ROUNDS_MAX 10 /* of showing another plan */
#define PATH_MAX_SOCKET (sizeof((struct sockaddr_un *)0)->sun_path - 1)

int
pkgd_socket(struct arena *arena, const char *root, char **ret_path)
{
	struct strbuf path AUTO(strbuf_free) = { 0 };

	if (strcmp(root, "/weld") == 0) {
		*ret_path = arena_string(arena, DIRECTORY "/pkgd.sock");
		return 0;
	}
	strbuf_add_string(&path, DIRECTORY "/pkgd@");
	for (const char *c = root[0] == '/' ? root + 1 : root; *c != '\0'; c++)
		if (*c == '/')
			strbuf_add_char(&path, '-');
		else if (isalnum((unsigned char)*c) || *c == '_' || *c == ':' ||
			 (*c == '.' && c != root + 1))
			strbuf_add_char(&path, *c);
		else
			strbuf_printf(&path, "\\x%02x", (unsigned)(unsigned char)*c);
	strbuf_add_string(&path, ".sock");
	if (path.len > PATH_MAX_SOCKET)
		return err_set(ERR_RANGE, "root %s: its path is too long for a socket", root);
	*ret_path = arena_string(arena, strbuf_string(&path));
	return 0;
}

/* Who answers at the socket gets our request and is believed: it must be who owns the machine. */
static int
check_server(int fd, const char *path)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return err_errno("%s", path);
	if (peer.uid == 0 || peer.uid == geteuid())
		return 0;
	return err_set(
		ERR_IO, "%s: served by user %u, who is not trusted", path, (unsigned)peer.uid);
}

int
pkgd_connect(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd AUTO(file_close) = -1;

	if (strlen(path) > PATH_MAX_SOCKET)
		return err_set(ERR_RANGE, "%s: too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno("socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
			return err_set(ERR_NOT_FOUND,
				"%s: nobody serves there (is pkgd running?)", path);
		return err_errno("%s", path);
	}
	TRY(check_server(fd, path));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

struct conversation {
	int fd;
	struct message_reader messages;
	pkgd_event *event;
	void *data;
	const char *agreed; /* the digest of the plan that was said yes to; NULL: none yet */
	char digest[2 * DIGEST_SIZE + 1];
};

static int
receive(struct conversation *talk, json_t **ret_message)
{
	char bytes[READ_SIZE];

	for (;;) {
		int ret = message_next(&talk->messages, ret_message);
		ssize_t got;

		if (ret != 0)
			return ret;
		got = recv(talk->fd, bytes, sizeof bytes, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("pkgd");
		if (got == 0)
			return err_set(ERR_IO,
				"pkgd ended before it answered (what it did: 'weld history')");
		TRY(message_feed(&talk->messages, bytes, (size_t)got));
	}
}

static const char *
member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/*
 * The plan is shown once: when it is asked about, and not when it is done. The number is that of the
 * operation that does it, and not of the one that asked.
 */
static int
take_event(struct conversation *talk, const json_t *event)
{
	if (talk->event == NULL || event == NULL)
		return 0;
	if (strcmp(member(event, "event"), "operation") == 0 && talk->agreed == NULL)
		return 0;
	if (strcmp(member(event, "event"), "plan") != 0)
		return talk->event(talk->data, event);
	if (talk->agreed != NULL && strcmp(talk->agreed, member(event, "digest")) == 0)
		return 0;
	TRY(talk->event(talk->data, event));
	snprintf(talk->digest, sizeof talk->digest, "%s", member(event, "digest"));
	talk->agreed = talk->digest;
	return 0;
}

/* An error as if it had been made here; 1: the plan was agreed to meanwhile, ask again. */
static int
take_error(const struct conversation *talk, const char *name, const json_t *parameters)
{
	const char *text = member(parameters, "message");
	const char *at = member(parameters, "parameter");

	if (strcmp(name, PKGD_INTERFACE "NeedsConsent") == 0) {
		const char *digest = member(json_object_get(parameters, "plan"), "digest");

		if (talk->agreed != NULL && strcmp(talk->agreed, digest) == 0)
			return 1;
		return err_set(ERR_CONSENT, "%s", text);
	}
	if (strcmp(name, PKGD_INTERFACE "Failed") == 0)
		return err_set(err_code(member(parameters, "code")), "%s", text);
	if (strcmp(name, PKGD_INTERFACE "Busy") == 0)
		return err_set(ERR_LOCKED, "pkgd: %s", text);
	if (text[0] != '\0')
		return err_set(ERR_FAILED, "pkgd: %s", text);
	return err_set(ERR_FORMAT, "pkgd: %s %s (is it as new as this weld?)", name, at);
}

/* One call to its end; 1: it is to be made again, with consent. */
static int
call_once(struct conversation *talk, const json_t *call, json_t **ret_reply)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	message_write(call, &bytes);
	for (size_t sent = 0; sent < bytes.len;) {
		ssize_t wrote = send(talk->fd, bytes.at + sent, bytes.len - sent, MSG_NOSIGNAL);

		if (wrote < 0 && errno != EINTR)
			return err_errno("pkgd");
		sent += wrote > 0 ? (size_t)wrote : 0;
	}
	for (;;) {
		json_t *message AUTO(json_release) = NULL;
		json_t *parameters;
		const char *error;

		TRY(receive(talk, &message));
		parameters = json_object_get(message, "parameters");
		error = json_string_value(json_object_get(message, "error"));
		if (error != NULL)
			return take_error(talk, error, parameters);
		if (!json_is_true(json_object_get(message, "continues"))) {
			*ret_reply =
				parameters == NULL ? json_object() : json_incref(parameters);
			return 0;
		}
		TRY(take_event(talk, json_object_get(parameters, "event")));
	}
}

int
pkgd_ask(int fd, const json_t *request, pkgd_event *event, void *data, json_t **ret_reply)
{
	struct conversation talk = { .fd = fd,
		.messages = { .limit = MESSAGE_REPLY_MAX },
		.event = event,
		.data = data };
	json_t *call AUTO(json_release) = json_deep_copy(request);
	json_t *parameters = json_object_get(call, "parameters");
	int ret = 1;

	json_object_set_new(call, "more", json_true());
	for (int round = 0; ret == 1 && round < ROUNDS_MAX; round++) {
		if (talk.agreed != NULL)
			json_object_set_new(parameters, "plan", json_string(talk.agreed));
		ret = call_once(&talk, call, ret_reply);
	}
	message_free(&talk.messages);
	return ret == 1 ? err_set(ERR_CONSENT,
				  "the plan changes all the time: somebody else is at work")
			: ret;
}
