/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi interface in one thread. Each transfer writes straight to
 * its descriptor and stops at its limit, so that an endless answer costs no
 * more than the limit. What is set here, transfer by transfer, is all that
 * decides: no configuration file, no .netrc, no cookies. A proxy of the
 * environment is used, except for this very machine.
 */
#include "repo/fetch/worker/transfer.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDIRECTS_MAX 5L
#define HEADERS_MAX 65536 /* bytes, of all header lines of one transfer */
#define WAIT_MS 1000

struct batch;

struct transfer {
	struct fetch_item *item;
	struct batch *batch;
	CURL *easy;
	uint64_t received; /* bytes */
	uint64_t header_bytes;
	int ret; /* what stopped it in our callbacks; 0 */
	char message[CURL_ERROR_SIZE];
};

struct batch {
	const struct fetch_options *options;
	const struct transfer_ends *ends;
	CURLM *multi;
	struct transfer *transfers;
	size_t count;
	size_t started;
	char *no_proxy;
	uint64_t received; /* bytes, of all transfers */
};

int
transfer_prepare(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(ERR_FETCH, "libcurl cannot be initialized");
	return 0;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	uint64_t length = (uint64_t)size * count;

	if (length > transfer->item->limit - transfer->received) {
		transfer->ret = err_set(ERR_LIMIT, "%s: longer than %" PRIu64 " bytes",
			transfer->item->url, transfer->item->limit);
		return 0;
	}
	transfer->ret = file_write_fd(transfer->item->fd, bytes, length);
	if (transfer->ret < 0)
		return 0;
	transfer->received += length;
	transfer->batch->received += length;
	return length;
}

static size_t
take_header(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;

	(void)bytes;
	transfer->header_bytes += (uint64_t)size * count;
	if (transfer->header_bytes > HEADERS_MAX) {
		transfer->ret =
			err_set(ERR_LIMIT, "%s: endless header lines", transfer->item->url);
		return 0;
	}
	return size * count;
}

static long
value_or(unsigned value, long fallback)
{
	return value == 0 ? fallback : (long)value;
}

static void
set_options(struct transfer *transfer)
{
	const struct fetch_options *options = transfer->batch->options;
	CURL *easy = transfer->easy;
	bool is_https = strncasecmp(transfer->item->url, "https:", 6) == 0;

	curl_easy_setopt(easy, CURLOPT_URL, transfer->item->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "weld");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* What began encrypted stays encrypted, and nothing leads to a local file. */
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, transfer->batch->no_proxy);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
		value_or(options->connect_seconds, FETCH_CONNECT_SECONDS));
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT,
		value_or(options->low_speed_bytes, FETCH_LOW_SPEED_BYTES));
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
		value_or(options->low_speed_seconds, FETCH_LOW_SPEED_SECONDS));
}

static int
start_transfer(struct batch *batch, size_t index)
{
	struct transfer *transfer = &batch->transfers[index];

	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		abort();
	set_options(transfer);
	if (curl_multi_add_handle(batch->multi, transfer->easy) != CURLM_OK)
		return err_set(ERR_FETCH, "%s: cannot be started", transfer->item->url);
	return 0;
}

/* Whether the answer means that there is no such file. */
static bool
is_missing(const struct transfer *transfer, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	/* 403 is what object stores say of a name that nobody may list. */
	return code == CURLE_HTTP_RETURNED_ERROR &&
	       (status == 404 || status == 410 || status == 403);
}

static int
end_transfer(struct transfer *transfer, CURLcode code)
{
	struct fetch_item *item = transfer->item;

	item->ret_size = transfer->received;
	if (transfer->ret < 0)
		return transfer->ret;
	if (code == CURLE_OK)
		return 0;
	if (is_missing(transfer, code)) {
		item->ret_missing = true;
		if (item->may_be_missing)
			return 0;
		return err_set(ERR_NOT_FOUND, "%s: there is no such file", item->url);
	}
	return err_set(ERR_FETCH, "%s: %s", item->url,
		transfer->message[0] != '\0' ? transfer->message : curl_easy_strerror(code));
}

/* Take note of what ended, and start as many others. */
static int
reap(struct batch *batch, size_t *ended)
{
	CURLMsg *message;
	int queued;

	while ((message = curl_multi_info_read(batch->multi, &queued)) != NULL) {
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		TRY(end_transfer(transfer, message->data.result));
		batch->ends->ended(batch->ends->data, (size_t)(transfer - batch->transfers),
			transfer->item);
		curl_multi_remove_handle(batch->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
		transfer->easy = NULL;
		(*ended)++;
		if (batch->started < batch->count)
			TRY(start_transfer(batch, batch->started++));
	}
	return 0;
}

static int
run(struct batch *batch)
{
	size_t at_once = (size_t)value_or(batch->options->connections, 6);
	size_t ended = 0;

	while (batch->started < batch->count && batch->started < at_once)
		TRY(start_transfer(batch, batch->started++));
	while (ended < batch->count) {
		int running = 0;

		if (curl_multi_perform(batch->multi, &running) != CURLM_OK)
			return err_set(ERR_FETCH, "transfers cannot go on");
		TRY(reap(batch, &ended));
		batch->ends->progress(batch->ends->data, batch->received);
		if (ended < batch->count &&
			curl_multi_poll(batch->multi, NULL, 0, WAIT_MS, NULL) != CURLM_OK)
			return err_set(ERR_FETCH, "transfers cannot be waited for");
	}
	return 0;
}

static void
clean_up(struct batch *batch)
{
	for (size_t i = 0; i < batch->started; i++)
		if (batch->transfers[i].easy != NULL) {
			curl_multi_remove_handle(batch->multi, batch->transfers[i].easy);
			curl_easy_cleanup(batch->transfers[i].easy);
		}
	curl_multi_cleanup(batch->multi);
}

static char *
make_no_proxy(struct arena *arena)
{
	const char *given = getenv("no_proxy");

	if (given == NULL)
		given = getenv("NO_PROXY");
	return arena_printf(arena, "%s%slocalhost,127.0.0.1,::1", given == NULL ? "" : given,
		given == NULL || given[0] == '\0' ? "" : ",");
}

int
transfer_run(const struct fetch_options *options, struct fetch_item *items, size_t count,
	const struct transfer_ends *ends)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct batch batch = {
		.options = options,
		.ends = ends,
		.transfers = arena_array(arena, count + 1, sizeof *batch.transfers),
		.count = count,
		.no_proxy = make_no_proxy(arena),
	};
	int ret;

	batch.multi = curl_multi_init();
	if (batch.multi == NULL)
		abort();
	for (size_t i = 0; i < count; i++) {
		batch.transfers[i].item = &items[i];
		batch.transfers[i].batch = &batch;
	}
	ret = run(&batch);
	clean_up(&batch);
	return ret;
}
