/* SPDX-License-Identifier: MIT */
/*
 * The device mapper's ioctls, as linux/dm-ioctl.h describes them: make a device without a
 * table, load the table, resume. A request is the header and what belongs to it in one buffer.
 */
#include "verity.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

#define CONTROL "/dev/mapper/control"
#define SECTOR 512 /* bytes */
#define VERITY_TYPE "verity" /* as the kernel's module calls itself */

struct request { /* the kernel wants all of it in one piece */
	struct dm_ioctl head;
	struct dm_target_spec target;
	char text[1024];
};

static void
prepare(struct request *request)
{
	memset(request, 0, sizeof *request);
	request->head.version[0] = DM_VERSION_MAJOR;
	request->head.data_size = sizeof *request;
	request->head.data_start = offsetof(struct request, target);
	memcpy(request->head.name, VERITY_NAME, sizeof VERITY_NAME);
}

bool
verity_table(
	const char *device, const struct parameters *parameters, char *ret_table, size_t size)
{
	int len = snprintf(ret_table, size,
		"1 /dev/%s /dev/%s %d %d %" PRIu64 " %" PRIu64 " sha256 %s -", device, device,
		VERITY_BLOCK, VERITY_BLOCK, parameters->blocks, parameters->blocks,
		parameters->digest);

	return len > 0 && (size_t)len < size;
}

static void
load_table(int control, const char *device, const struct parameters *parameters)
{
	struct request request;

	prepare(&request);
	request.head.target_count = 1;
	request.head.flags = DM_READONLY_FLAG;
	request.target.length = parameters->blocks * (VERITY_BLOCK / SECTOR);
	memcpy(request.target.target_type, VERITY_TYPE, sizeof VERITY_TYPE);
	if (!verity_table(device, parameters, request.text, sizeof request.text))
		fail("%s: its device name is too long", device);
	if (ioctl(control, DM_TABLE_LOAD, &request) < 0)
		fail("store partition %s: is not what the boot menu says: %s (choose another "
		     "generation there)",
			device, strerror(errno));
}

void
verity_start(
	const char *device, const struct parameters *parameters, char *ret_path, size_t size)
{
	struct request request;
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);

	if (control < 0)
		fail("%s: %s (the initrd lacks the modules dm-mod and dm-verity: build the "
		     "image "
		     "again)",
			CONTROL, strerror(errno));
	prepare(&request);
	if (ioctl(control, DM_DEV_CREATE, &request) < 0)
		fail("device mapper: %s cannot be made: %s", VERITY_NAME, strerror(errno));
	snprintf(ret_path, size, "/dev/dm-%u", minor((dev_t)request.head.dev));
	load_table(control, device, parameters);
	prepare(&request);
	if (ioctl(control, DM_DEV_SUSPEND, &request) < 0)
		fail("device mapper: %s cannot be started: %s", VERITY_NAME, strerror(errno));
	close(control);
}

const char *
verity_status(void)
{
	struct request request;
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);
	int ret;

	if (control < 0)
		return "not known (only root may ask)";
	prepare(&request);
	ret = ioctl(control, DM_TABLE_STATUS, &request);
	close(control);
	if (ret < 0 || request.head.target_count != 1)
		return "not known (there is no " VERITY_NAME ")";
	return request.text[0] == 'V' ? "verified" : "damaged";
}
