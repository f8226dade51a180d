// SPDX-License-Identifier: Apache-2.0
/* parallax: its commands. */
#include "probe/cmd/cmd_analyze.h"
#include "probe/cmd/cmd_consent.h"
#include "probe/cmd/cmd_diagnose.h"
#include "probe/cmd/cmd_export.h"
#include "probe/cmd/cmd_lists.h"
#include "probe/cmd/cmd_plan.h"
#include "probe/cmd/cmd_results.h"
#include "probe/cmd/cmd_run.h"
#include "probe/cmd/cmd_upload.h"
#include "probe/cmd/cmd_version.h"
#include "probe/cmd/cmd_wipe.h"

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

static const struct shell_command *const commands[] = {
    &cmd_run,    &cmd_diagnose, &cmd_analyze, &cmd_consent,
    &cmd_lists,  &cmd_plan,     &cmd_results, &cmd_export,
    &cmd_upload, &cmd_wipe,     &cmd_version, NULL,
};

static const struct shell shell = {
    .program = "parallax",
    .about = "Measures which sites can be reached from this network, and how "
             "they are\nblocked if not.\n\n",
    .end = "`parallax COMMAND --help` explains one of them.\n"
           "Before the first measurement: `parallax consent`.\n",
    .width = 10,
    .advises = true,
    .commands = commands,
};

/* Memory counts more than page faults on a small board: what is larger than
 * 64 KB (a DNS channel has 74) goes back at once, instead of leaving holes
 * between what lives longer. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024);
    mallopt(M_TOP_PAD, 0);
#endif
}

/* libcurl would write the keys of every connection to a file that stays; they
 * are for nobody. */
static void keep_keys(void)
{
    unsetenv("SSLKEYLOGFILE");
}

int main(int argc, char **argv)
{
    give_memory_back();
    keep_keys();
    return shell_main(&shell, argc, argv);
}
