// SPDX-License-Identifier: Apache-2.0
/* `keys`: shows the public key of lists; the first time, makes the pair. */
#include "collector/cmd/cmd_keys.h"

#include "base/fs.h"
#include "collector/cmd/cmds.h"
#include "collector/cmd/sealing_keys.h"
#include "collector/cmd/signing_key.h"

#include <stdio.h>
#include <unistd.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
    CMD_OPT_LIST_KEY,
    {.name = "seal",
     .kind = OPT_FLAG,
     .help = "those that probes seal records for, in collector.seal_secret"},
    {.name = "rotate",
     .kind = OPT_FLAG,
     .help = "with --seal: make a new one; the one before it still opens"},
    {.key = "collector.seal_secret",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "the secret keys of records that probes seal for us"},
    {.name = "password",
     .kind = OPT_FLAG,
     .help = "ask for a password for a new secret key"},
};

static const struct opt_table table = {
    .command = "keys",
    .synopsis = "parallax-collector keys [options]",
    .summary = "the keys that site lists are signed with",
    .text =
        "Prints the public key, as minisign writes it; where there is no "
        "secret key yet, one\nis made. Its file is for you alone, and best on a machine that "
        "serves nobody; without\n--password whoever has it can sign.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

static int command(struct region *r, const struct opt_set *opts)
{
    struct minisign_secret secret = {.id = {0}};
    struct minisign_public key;
    struct diag d = {{0}};
    struct buf text;
    bool made = false;
    (void)r;
    if (opt_flag(opts, "seal")) {
        const char *file = opt_str(opts, "collector.seal_secret");
        if (file && file[0]) {
            return sealing_keys_show(file, opt_flag(opts, "rotate"));
        }
        fprintf(stderr, "parallax-collector keys: --seal needs a file, which "
                        "collector.seal_secret names\n");
        return EXIT_USAGE;
    }
    buf_init(&text, MINISIGN_MAX_BYTES);
    enum err e = signing_key_load(opts, true, &secret, &made, &d);
    if (e == ERR_OK) {
        minisign_public_of(&secret, &key);
        e = minisign_write_public(&key, &text);
    }
    crypto_forget(&secret, sizeof(secret));
    if (e == ERR_OK) {
        e = fs_write_all(STDOUT_FILENO, text.p, text.len);
    }
    buf_fini(&text);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector keys: %s\n",
                d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    if (made) {
        fprintf(stderr,
                "A new pair of keys was made. Probes believe lists that "
                "are signed with it once\nthey are given the public "
                "key above (lists.key).\n");
    }
    return EXIT_DONE;
}

const struct shell_command cmd_keys = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
