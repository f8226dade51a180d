// SPDX-License-Identifier: Apache-2.0
/* In the order in which one part needs the one before it: the limits and
 * privileges of the process, its files, its capabilities, its calls. */
#include "cli/sandbox.h"
#include "cli/sandbox_files.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whole directories where files are replaced by others while we run: a lease
 * that is renewed writes another resolv.conf. What does not exist, and what is
 * no directory of this machine, is passed over. */
static const char *const readable[] = {
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/connman",
    "/proc/self",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void sandbox_init(struct sandbox *s)
{
    s->rules = sandbox_files_new();
    s->rules_e = s->rules < 0 ? errno : 0;
}

static void drop_rules(struct sandbox *s, int e)
{
    close(s->rules);
    s->rules = -1;
    s->rules_e = e;
}

/* Half of the rules would shut out what the program needs: then none. */
static void add(struct sandbox *s, const char *path, bool write)
{
    if (s->rules < 0 || !path || !*path) {
        return;
    }
    int e = sandbox_files_add(s->rules, path, write);
    if (e) {
        drop_rules(s, e);
    }
}

void sandbox_read(struct sandbox *s, const char *path)
{
    add(s, path, false);
}

void sandbox_write(struct sandbox *s, const char *path)
{
    add(s, path, true);
}

/* Where a link leads: its target is replaced there. */
static void read_around(struct sandbox *s, const char *path)
{
    char *real = realpath(path, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    if (slash && slash > real) {
        *slash = '\0';
        sandbox_read(s, real);
    }
    free(real);
}

static void add_usual(struct sandbox *s)
{
    for (size_t i = 0; i < COUNT(readable); i++) {
        sandbox_read(s, readable[i]);
    }
    read_around(s, "/etc/resolv.conf");
    sandbox_read(s, getenv("SSL_CERT_FILE"));
    sandbox_read(s, getenv("SSL_CERT_DIR"));
}

/* Those that let root use files of others, as it could before, and serve at a
 * port below 1024, stay; nothing that reaches beyond files does. */
static void drop_capabilities(void)
{
    static const uint32_t keep = 1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE |
                                 1u << CAP_FOWNER | 1u << CAP_NET_BIND_SERVICE;
    struct __user_cap_header_struct head = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &head, data) != 0) {
        return;
    }
    struct __user_cap_data_struct some[2] = {{0}};
    some[0].effective = data[0].effective & keep;
    some[0].permitted = data[0].permitted & keep;
    /* Fewer are always allowed. */
    (void)syscall(SYS_capset, &head, some);
}

void sandbox_enter(struct sandbox *s, unsigned may, struct sandbox_state *out)
{
    const struct rlimit none = {0, 0};
    struct sandbox_state st = {.landlock_e = s->rules_e};
    st.no_core = setrlimit(RLIMIT_CORE, &none) == 0;
    st.no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    st.not_dumpable = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
    add_usual(s);
    if (s->rules >= 0) {
        drop_rules(s, sandbox_files_limit(s->rules));
        st.landlock_e = s->rules_e;
        st.landlock = s->rules_e == 0;
    }
    drop_capabilities();
    st.seccomp_e = sandbox_calls_limit(may);
    st.seccomp = st.seccomp_e == 0;
    *out = st;
}

void sandbox_words(const struct sandbox_state *st, char out[SANDBOX_WORDS_MAX])
{
    snprintf(out, SANDBOX_WORDS_MAX, "%s%s%s%s%s",
             st->no_new_privs ? " no_new_privs" : "",
             st->not_dumpable ? " not_dumpable" : "",
             st->no_core ? " no_core" : "", st->seccomp ? " seccomp" : "",
             st->landlock ? " landlock" : "");
    if (out[0]) {
        memmove(out, out + 1, strlen(out));
    } else {
        snprintf(out, SANDBOX_WORDS_MAX, "none");
    }
}
