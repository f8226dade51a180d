// SPDX-License-Identifier: Apache-2.0
/* `parallax wipe`: removes every trace on this machine. */
#include "probe/cmd/cmd_wipe.h"

#include "probe/volunteer/wipe.h"

#include <stdio.h>
#include <unistd.h>

static const struct opt wipe_opts[] = {
    {.name = "yes", .kind = OPT_FLAG, .help = "do not ask"},
};

static const struct opt_table table = {
    .command = "wipe",
    .synopsis = "parallax wipe [--yes]",
    .summary = "remove every trace of Parallax on this machine",
    .text =
        "Consent, the secret behind the pseudonym, records that wait to be "
        "sent and their key,\nnames of controls, the place where the next "
        "run would go on, the\nplan of the day and the networks that it is "
        "for. Not removed: what was sent,\nfiles of --out, the config file, "
        "lists elsewhere.\n\nExit status: 0 nothing is left, 1 "
        "nothing was removed, 2 wrong usage (without a\nterminal --yes is "
        "needed), 3 something could not be removed.",
    .opts = wipe_opts,
    .n_opts = sizeof(wipe_opts) / sizeof(wipe_opts[0]),
};

static const char *const kinds[PATHS_KINDS] = {
    [PATHS_CONSENT] = "your consent",
    [PATHS_SECRET] = "the secret behind the pseudonym",
    [PATHS_HELPERS] = "names of controls",
    [PATHS_CURSOR] = "where the next run would go on",
    [PATHS_PLAN] = "where the plan of the day stands",
    [PATHS_NETWORKS] = "on which networks runs by schedule were agreed to",
    [PATHS_OUTAGES] = "notes of outages",
    [PATHS_SITES] = "site lists that were taken in",
    [PATHS_RECORDS] = "records that wait to be sent",
    [PATHS_BESIDE] = "what is needed to keep records",
};

static void print_all(const struct wipe *w)
{
    for (size_t i = 0; i < PATHS_KINDS; i++) {
        if (w->files[i] > 1) {
            printf("  %s (%zu files)\n", kinds[i], w->files[i]);
        } else if (w->files[i]) {
            printf("  %s\n", kinds[i]);
        }
    }
    if (w->keys) {
        printf("  the key of records, in memory\n");
    }
}

static void print_rest(const char *state, const struct wipe *w)
{
    if (w->foreign) {
        printf("Not ours, and still there: %.64s%s in %s\n", w->first_foreign,
               w->foreign > 1 ? " and more" : "", state);
    }
    printf("Nobody can remove from here: records that were sent, and what was "
           "published of them.\nLeft to you: files of --out, the config file, "
           "lists elsewhere, and copies that\nbackups, shells' histories or "
           "the disk itself may keep.\n");
}

static int remove_all(const char *command)
{
    struct wipe w;
    struct diag d = {""};
    char state[PATHS_MAX];
    int pid = 0;
    enum err e = paths_state(NULL, state, &d);
    if (e == ERR_OK) {
        e = wipe_all(&w, &pid, &d);
    }
    if (e == ERR_OK) {
        wipe_keys(&w, true);
    }
    if (e == ERR_BUSY) {
        fprintf(stderr,
                "parallax %s: process %d is measuring or sending; stop it "
                "first. Nothing was removed\n",
                command, pid);
        return EXIT_FAILED;
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax %s: %s\n", command,
                d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    if (!wipe_any(&w)) {
        printf("There was nothing to remove.\n");
    } else {
        printf("Removed from %s:\n", state);
        print_all(&w);
    }
    print_rest(state, &w);
    if (w.failed) {
        fprintf(stderr, "parallax %s: %zu could not be removed: %s\n", command,
                w.failed, w.first_failure.text);
        return EXIT_PARTLY;
    }
    return EXIT_DONE;
}

static bool on_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static bool agreed(void)
{
    char line[16] = "";
    fprintf(stderr, "Remove all this? Records that wait are lost. [y/N] ");
    return fgets(line, sizeof(line), stdin) &&
           (line[0] == 'y' || line[0] == 'Y');
}

/* What there is, listed; false: nothing, or it cannot be looked at. */
static bool list(const char *command)
{
    struct wipe w;
    struct diag d = {""};
    if (wipe_look(&w, &d) != ERR_OK) {
        fprintf(stderr, "parallax %s: %s\n", command, d.text);
        return false;
    }
    wipe_keys(&w, false);
    if (wipe_any(&w)) {
        printf("Kept on this machine:\n");
        print_all(&w);
        fflush(stdout);
    }
    return wipe_any(&w);
}

int cmd_wipe_offer(const char *command)
{
    if (!list(command)) {
        return EXIT_DONE;
    }
    if (on_terminal() && agreed()) {
        return remove_all(command);
    }
    printf("`parallax wipe` removes it.\n");
    return EXIT_DONE;
}

static int command(struct region *r, const struct opt_set *opts)
{
    (void)r;
    if (opt_flag(opts, "yes")) {
        return remove_all("wipe");
    }
    if (!on_terminal()) {
        fprintf(stderr, "parallax wipe: without a terminal it needs --yes; "
                        "nothing was removed\n");
        return EXIT_USAGE;
    }
    if (list("wipe") && !agreed()) {
        printf("Nothing was removed.\n");
        return EXIT_FAILED;
    }
    return remove_all("wipe");
}

const struct shell_command cmd_wipe = {
    .table = &table,
    .memory = 1 << 20,
    .run = command,
};
