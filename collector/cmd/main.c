// SPDX-License-Identifier: Apache-2.0
/* parallax-collector: its commands. */
#include "collector/cmd/cmd_backup.h"
#include "collector/cmd/cmd_control.h"
#include "collector/cmd/cmd_fingerprints.h"
#include "collector/cmd/cmd_get.h"
#include "collector/cmd/cmd_import.h"
#include "collector/cmd/cmd_index.h"
#include "collector/cmd/cmd_keys.h"
#include "collector/cmd/cmd_list.h"
#include "collector/cmd/cmd_report.h"
#include "collector/cmd/cmd_restore.h"
#include "collector/cmd/cmd_serve.h"
#include "collector/cmd/cmd_sign.h"
#include "collector/cmd/cmd_stats.h"
#include "collector/cmd/cmd_verify_store.h"

#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>

static const struct shell_command *const commands[] = {
    &cmd_serve,  &cmd_control, &cmd_import,       &cmd_get,   &cmd_list,
    &cmd_stats,  &cmd_report,  &cmd_fingerprints, &cmd_index, &cmd_verify_store,
    &cmd_backup, &cmd_restore, &cmd_keys,         &cmd_sign,  NULL,
};

static const struct shell shell = {
    .program = "parallax-collector",
    .about = "",
    .end = "'parallax-collector COMMAND --help' tells more about one.\n"
           "Exit status: 0 done, 1 failed, 2 wrong usage, 3 partly done.\n",
    .width = 13,
    .version = "parallax-collector " PARALLAX_VERSION "\n",
    .commands = commands,
};

/* Bodies and records are given back at once when they are done: the library
 * would soon keep even those of a megabyte, between others that live longer. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

int main(int argc, char **argv)
{
    give_memory_back();
    umask(0077); /* records and their index are for their owner alone */
    /* Whoever started us may have blocked the signals that end us. */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return shell_main(&shell, argc, argv);
}
