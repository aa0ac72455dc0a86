/* SPDX-License-Identifier: MIT */
/* One connection after the other, each answered in the given manner. */
#include "tests/lib/liar.h"

#include "tests/lib/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct liar {
	enum liar_manner manner;
	char target[512];
	int listener;
	uint16_t port;
	pthread_t thread;
};

static bool
say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static void
answer(const struct liar *liar, int fd)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	char block[4096];

	if (recv(fd, block, sizeof block, 0) <= 0)
		return;
	switch (liar->manner) {
	case LIAR_ENDLESS_BODY:
		memset(block, 'x', sizeof block - 1);
		block[sizeof block - 1] = '\0';
		say(fd, "HTTP/1.1 200 OK\r\n\r\n");
		while (say(fd, block))
			continue;
		break;
	case LIAR_ENDLESS_HEADERS:
		say(fd, "HTTP/1.1 200 OK\r\n");
		while (say(fd, "X-Endless: yes, and longer than one would think\r\n"))
			continue;
		break;
	case LIAR_SHORT:
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789");
		break;
	case LIAR_SILENT:
		recv(fd, block, sizeof block, 0);
		break;
	case LIAR_SLOW:
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
		while (say(fd, "x"))
			nanosleep(&pause, NULL);
		break;
	case LIAR_REDIRECT:
		snprintf(block, sizeof block,
			"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n"
			"Connection: close\r\n\r\n",
			liar->target);
		say(fd, block);
		break;
	case LIAR_GARBAGE:
		say(fd, "what do you want?\n");
		break;
	}
}

static void *
serve(void *data)
{
	const struct liar *liar = data;

	for (;;) {
		int fd = accept(liar->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		answer(liar, fd);
		close(fd);
	}
}

struct liar *
liar_start(enum liar_manner manner, const char *target)
{
	struct liar *liar = calloc(1, sizeof *liar);
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof address;

	if (liar == NULL)
		tap_bail("no memory");
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	liar->manner = manner;
	liar->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (liar->listener < 0 ||
		bind(liar->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
		listen(liar->listener, 8) < 0 ||
		getsockname(liar->listener, (struct sockaddr *)&address, &length) < 0)
		tap_bail("no socket on loopback");
	liar->port = ntohs(address.sin_port);
	if (target != NULL)
		snprintf(liar->target, sizeof liar->target, "%s", target);
	else
		snprintf(liar->target, sizeof liar->target, "http://127.0.0.1:%u/again",
			liar->port);
	if (pthread_create(&liar->thread, NULL, serve, liar) != 0)
		tap_bail("no thread");
	return liar;
}

uint16_t
liar_port(const struct liar *liar)
{
	return liar->port;
}

void
liar_stop(struct liar *liar)
{
	shutdown(liar->listener, SHUT_RDWR);
	pthread_join(liar->thread, NULL);
	close(liar->listener);
	free(liar);
}
