// SPDX-License-Identifier: Apache-2.0
/* wide DIR FILE: what a 32-bit machine makes of files that its own numbers do
 * not hold. Prints name, year and size of each file in DIR, appends a line to
 * FILE as --out does, and prints FILE's size before and after. Built for
 * another machine by tests/faults/wide.sh, so it takes along what it tries.
 */
#include "base/calendar.h"
#include "base/clock.h"
#include "base/look.h"
#include "probe/run/outfile.c" /* no library holds the probe */

#include <inttypes.h>
#include <stdio.h>
#include <sys/time.h>

static enum err print_one(void *arg, const char *name)
{
    char path[4096], when[20];
    struct look seen;
    struct diag d = {""};
    enum err e = fs_join(path, sizeof(path), arg, name);
    if (e == ERR_OK) {
        e = look_link(path, &seen, &d);
    }
    if (e == ERR_OK) {
        e = clock_format(seen.mtime_ns / 1000000000, when);
    }
    if (e == ERR_OK) {
        printf("%s %.4s %" PRIu64 "\n", name, when, seen.bytes);
    } else {
        printf("%s: %s\n", name, d.text);
    }
    return e;
}

static enum err append(char *path)
{
    struct look before, after;
    struct outfile *o = NULL;
    struct diag d = {""};
    enum err e = look_at(path, &before, &d);
    if (e == ERR_OK) {
        e = outfile_open(path, &o, &d);
    }
    if (e == ERR_OK) {
        e = outfile_line(o, STR("{}"), &d);
    }
    enum err closed = outfile_close(o, &d);
    e = e ? e : closed;
    if (e == ERR_OK) {
        e = look_at(path, &after, &d);
    }
    if (e == ERR_OK) {
        printf("%" PRIu64 " %" PRIu64 "\n", before.bytes, after.bytes);
    } else {
        printf("%s\n", d.text);
    }
    return e;
}

int main(int argc, char **argv)
{
    struct diag d = {""};
    if (argc != 3) {
        return 2;
    }
    printf("pointers %zu times %zu\n", sizeof(void *),
           sizeof(((struct timeval *)NULL)->tv_sec));
    enum err e = look_each(argv[1], print_one, argv[1], &d);
    if (e == ERR_OK) {
        e = append(argv[2]);
    }
    return e == ERR_OK ? 0 : 1;
}
