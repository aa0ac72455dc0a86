/* SPDX-License-Identifier: MIT */
/*
 * What a client takes from a verified repository: packages. A
 * package is fetched into an unnamed file, and length and digest are verified
 * on the descriptor that is handed out: nobody else ever had the file.
 */
#include "repo/trust.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/trust/state.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* The timestamp says how long the index may be installed from. */
static int
check_fresh(struct arena *arena, struct trust *trust, const struct state_repo *repo,
	const struct clock_mark *now)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	struct str bytes = { 0 };
	int ret = state_load(arena, trust, repo, TUF_TIMESTAMP, &bytes);

	TRY(ret);
	if (ret == 0)
		return err_set(ERR_NOT_FOUND,
			"repository %s: its packages are not known yet (run 'weld update')",
			repo->name);
	TRY(tuf_read(bytes, TUF_TIMESTAMP, &document));
	return err_context(
		state_check_expiry(repo, now, document.expires, " (run 'weld update')"),
		"repository %s: what is known of it", repo->name);
}

int
trust_check_fresh(struct trust *trust, const char *name, const struct trust_options *options)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct state_repo repo = { 0 };
	struct clock_mark now;

	TRY(state_find(arena, trust, name, &repo));
	state_now(options, &now);
	return check_fresh(arena, trust, &repo, &now);
}

struct signer { /* the repository of the package before, as packages come in groups */
	struct state_repo repo;
	struct tuf_document targets;
};

static void
signer_end(struct signer *signer)
{
	tuf_release(&signer->targets);
}

static int
load_signer(struct arena *arena, struct trust *trust, const char *name, struct signer *signer)
{
	struct str bytes = { 0 };
	int ret;

	if (signer->repo.name != NULL && strcmp(signer->repo.name, name) == 0)
		return 0;
	tuf_release(&signer->targets);
	TRY(state_find(arena, trust, name, &signer->repo));
	ret = state_load(arena, trust, &signer->repo, TUF_TARGETS, &bytes);
	TRY(ret);
	if (ret == 0)
		return err_set(ERR_NOT_FOUND,
			"repository %s: its packages are not known yet (run 'weld update')",
			name);
	return tuf_read(bytes, TUF_TARGETS, &signer->targets);
}

/*
 * The index says which file a package is; the targets document must say the same.
 */
static int
check_signed(struct arena *arena, const struct signer *signer,
	const struct index_package *package, const char **ret_url)
{
	struct tuf_file file;
	char hex[DIGEST_HEX_SIZE];

	TRY(tuf_find_target(&signer->targets, package->file, &file));
	if (file.length != package->download_size ||
		!digest_equal(&file.sha256, &package->sha256))
		return err_set(ERR_SIGNATURE,
			"repository %s: index and signed targets do not agree (run 'weld "
			"update')",
			signer->repo.name);
	*ret_url = arena_printf(arena, "%s/targets/%s.%s", signer->repo.url,
		digest_hex(&file.sha256, hex), package->file);
	return 0;
}

static int
check_file(const struct trust_package *wanted, uint64_t size)
{
	struct digest digest;

	if (size != wanted->package->download_size)
		return err_set(ERR_DIGEST,
			"%s: %" PRIu64 " bytes came, the signed length is %" PRIu64
			" (use another mirror, or tell the repository's owner)",
			wanted->package->file, size, wanted->package->download_size);
	TRY(hash_file(wanted->ret_fd, &digest));
	if (!digest_equal(&digest, &wanted->package->sha256))
		return err_set(ERR_DIGEST,
			"%s: its SHA-256 is not the signed one (use another mirror, or tell the"
			" repository's owner)",
			wanted->package->file);
	if (lseek(wanted->ret_fd, 0, SEEK_SET) < 0)
		return err_errno("%s: seek", wanted->package->file);
	return 0;
}

static int
fetch_all(struct trust *trust, const struct trust_options *options, int directory,
	struct trust_package *packages, size_t count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct fetch_item *items = arena_array(arena, count + 1, sizeof *items);
	struct signer signer AUTO(signer_end) = { 0 };

	for (size_t i = 0; i < count; i++) {
		TRY(load_signer(arena, trust, packages[i].repo, &signer));
		TRY(err_context(
			check_signed(arena, &signer, packages[i].package, &items[i].url), "%s",
			packages[i].package->file));
		TRY(file_unnamed(directory, &packages[i].ret_fd));
		items[i].fd = packages[i].ret_fd;
		items[i].limit = packages[i].package->download_size;
	}
	TRY(fetch_files(&options->fetch, items, count));
	for (size_t i = 0; i < count; i++)
		TRY(err_context(check_file(&packages[i], items[i].ret_size), "repository %s",
			packages[i].repo));
	return 0;
}

int
trust_fetch(struct trust *trust, const struct trust_options *options, int directory,
	struct trust_package *packages, size_t count)
{
	static const struct trust_options defaults;
	int ret;

	for (size_t i = 0; i < count; i++)
		packages[i].ret_fd = -1;
	ret = fetch_all(
		trust, options == NULL ? &defaults : options, directory, packages, count);
	if (ret < 0)
		for (size_t i = 0; i < count; i++)
			file_close(&packages[i].ret_fd);
	return ret;
}
