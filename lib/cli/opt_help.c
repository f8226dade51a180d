// SPDX-License-Identifier: Apache-2.0
/* --help of one command. */
#include "cli/opt_help.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void help_details(const struct opt *o)
{
    const char *sep = " (";

    if (o->def && o->kind != OPT_FLAG) {
        printf("%sdefault %s", sep, o->def);
        sep = "; ";
    }
    if (o->kind == OPT_INT && opt_table_has_range(o)) {
        printf("%s%" PRId64 " to %" PRId64, sep, o->min, o->max);
        sep = "; ";
    }
    if (o->kind == OPT_LIST) {
        printf("%smay be repeated", sep);
        sep = "; ";
    }
    if (o->key) {
        printf("%skey %s", sep, o->key);
        sep = "; ";
    }
    if (sep[0] == ';') {
        putchar(')');
    }
}

static void help_option(const struct opt *o)
{
    char left[64];
    const char *arg = o->arg ? o->arg : "VALUE";

    if (!o->name) {
        return;
    }
    if (o->kind == OPT_FLAG) {
        snprintf(left, sizeof(left), "--%s", o->name);
    } else if (o->kind == OPT_MAYBE) {
        snprintf(left, sizeof(left), "--%s [%s]", o->name, arg);
    } else {
        snprintf(left, sizeof(left), "--%s %s", o->name, arg);
    }
    if (strlen(left) > 23) {
        printf("  %s\n%26s", left, "");
    } else {
        printf("  %-24s", left);
    }
    printf("%s", o->help ? o->help : "");
    help_details(o);
    putchar('\n');
}

/* What only the config file and the environment can set. */
static void help_keys(const struct opt_table *t)
{
    bool any = false;

    for (size_t i = 0; i < t->n_opts; i++) {
        const struct opt *o = &t->opts[i];
        if (o->name || !o->key) {
            continue;
        }
        printf("%s  %s = %s%s\n%26s%s",
               any ? ""
                   : "\nIn the config file (several values: commas between):\n",
               o->key, o->arg ? o->arg : "VALUE",
               o->kind == OPT_LIST ? ", ..." : "", "", o->help ? o->help : "");
        if (o->def) {
            printf(" (default %s)", o->def);
        }
        putchar('\n');
        any = true;
    }
}

void opt_help(const struct opt_table *t)
{
    const struct opt *common;
    size_t n_common = 0;

    printf("Usage: %s\n", t->synopsis);
    if (t->summary) {
        printf("\n%s\n", t->summary);
    }
    printf("\nOptions:\n");
    for (size_t i = 0; i < t->n_opts; i++) {
        help_option(&t->opts[i]);
    }
    common = opt_table_common(&n_common);
    for (size_t i = 0; i < n_common; i++) {
        help_option(&common[i]);
    }
    printf("  %-24s%s\n", "--help", "show this help");
    help_keys(t);
    if (t->text) {
        printf("\n%s\n", t->text);
    }
}
