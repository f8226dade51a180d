// SPDX-License-Identifier: Apache-2.0
/* `parallax consent`: what a volunteer should know, and what was agreed to. */
#include "probe/cmd/cmd_consent.h"

#include "probe/cmd/cmd_wipe.h"
#include "probe/volunteer/consent.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static const struct opt consent_opts[] = {
    {.name = "show", .kind = OPT_FLAG, .help = "only what was agreed to"},
    {.name = "accept",
     .kind = OPT_MAYBE,
     .def = "R0,R1",
     .arg = "CLASSES",
     .help = "agree, to R0,R1 or to the classes named"},
    {.name = "revoke", .kind = OPT_FLAG, .help = "take it back"},
};

static const struct opt_table table = {
    .command = "consent",
    .synopsis = "parallax consent [--show | --accept [CLASSES] | --revoke]",
    .summary = "read what measuring means for you; agree or take it back",
    .text = "Without an option: the text to read, then what was agreed to. "
            "Until consent is\ngiven, every command that contacts anything "
            "exits with status 2.",
    .opts = consent_opts,
    .n_opts = sizeof(consent_opts) / sizeof(consent_opts[0]),
    .max_args = 0,
};

/* docs/safety.md says the same at length. */
static const char consent_text[] =
    "PLEASE READ THIS BEFORE YOU MEASURE\n"
    "\n"
    "Parallax visits web sites from your connection to find out which of them\n"
    "are blocked, and how. Know this first:\n"
    "\n"
    "1. You can be seen doing it. Your Internet provider, whoever watches your\n"
    "   network, and people at your workplace or school can see which sites\n"
    "   are visited, that many are visited in a row, and that records are sent\n"
    "   to a collector. Parallax does not hide you, and it is not a tool to\n"
    "   get around blocking.\n"
    "2. Some sites may be objectionable or forbidden where you are. You choose\n"
    "   the classes that may be visited (below). Pages are fetched and looked\n"
    "   at by the program; no page is kept on this machine once its record is\n"
    "   sent.\n"
    "3. What may be published: the site, what happened, when, your country and\n"
    "   network (such as AS64500). Your own address is removed before anything\n"
    "   is written. A pseudonym that changes every month and in every network\n"
    "   lets the collector count volunteers; it is never published.\n"
    "   Whoever runs the collector sees the address you connect from.\n"
    "4. It uses data: mostly 100 kB to 1 MB for each site.\n"
    "5. In some countries measuring, or visiting some sites, may have legal or\n"
    "   other consequences. If you are not sure, ask someone you trust who\n"
    "   knows your country, or do not run it. Do not run it from a network\n"
    "   that is not yours without permission.\n"
    "\n"
    "You may stop at any time and take your consent back. What was already\n"
    "published cannot be called back.\n"
    "\n";

static void print_classes(void)
{
    printf("Classes of sites:\n");
    for (int i = 0; i < CONSENT_CLASSES; i++) {
        printf("  R%d  %s\n", i, consent_class_text(i));
    }
}

static int show(void)
{
    struct consent c;
    struct diag d = {""};
    char classes[CONSENT_CLASSES_TEXT];
    if (consent_load(&c, &d) != ERR_OK) {
        fprintf(stderr, "parallax consent: %s\n", d.text);
        return EXIT_FAILED;
    }
    if (!c.given) {
        printf("You have not agreed: nothing is measured.\n");
        return EXIT_DONE;
    }
    consent_format_classes(c.accepted, classes);
    printf("You agreed on %s to: %s\n", c.date, classes);
    return EXIT_DONE;
}

static int accept(const char *text)
{
    struct consent c = {.given = true};
    struct diag d = {""};
    char now[20];
    if (consent_parse_classes(str_c(text), c.accepted, &d) != ERR_OK) {
        fprintf(stderr, "parallax consent: --accept: %s\n", d.text);
        return EXIT_USAGE;
    }
    enum err e = clock_format(clock_wall_us() / US_PER_S, now);
    if (e == ERR_OK) {
        str_copy(c.date, sizeof(c.date), now);
        e = consent_store(&c, &d);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax consent: %s\n",
                d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    return show();
}

static int revoke(void)
{
    struct diag d = {""};
    enum err e = consent_revoke(&d);
    if (e == ERR_OK || e == ERR_NOTFOUND) {
        printf("Nothing will be measured from now on.\n");
        return cmd_wipe_offer("consent");
    }
    fprintf(stderr, "parallax consent: %s\n", d.text);
    return EXIT_FAILED;
}

static int consent_with(const struct opt_set *opts)
{
    bool asked_accept = opt_given(opts, "accept");
    bool asked_show = opt_flag(opts, "show");
    bool asked_revoke = opt_flag(opts, "revoke");
    if (asked_accept + asked_show + asked_revoke > 1) {
        fprintf(stderr, "parallax consent: only one of --show, --accept and "
                        "--revoke\n");
        return EXIT_USAGE;
    }
    if (asked_accept) {
        return accept(opt_str(opts, "accept"));
    }
    if (asked_revoke) {
        return revoke();
    }
    if (!asked_show) {
        fputs(consent_text, stdout);
        print_classes();
        printf("\nTo agree to R0 and R1: parallax consent --accept\n"
               "To agree to other classes: parallax consent --accept "
               "R0,R1,R2\n\n");
    }
    return show();
}

static int command(struct region *r, const struct opt_set *opts)
{
    (void)r;
    return consent_with(opts);
}

const struct shell_command cmd_consent = {
    .table = &table,
    .memory = 1 << 20,
    .run = command,
};
