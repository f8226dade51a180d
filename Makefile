# SPDX-License-Identifier: Apache-2.0
# One non-recursive Makefile. `make help` lists the targets.

VERSION := 0.1.0
SHARED  ?= ../shared
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
V       ?= 0
CC      ?= gcc
CLANG   ?= clang-14
MAKEFLAGS += --no-builtin-rules

# ---- Debian packages, by purpose -------------------------------------------
PKG_BUILD := gcc make pkg-config libc6-dev libcurl4-openssl-dev libc-ares-dev \
	libssl-dev libpcap-dev libsqlite3-dev libzstd-dev zlib1g-dev \
	libsodium-dev libevent-dev libmicrohttpd-dev libidn2-dev libpsl-dev \
	libmaxminddb-dev libseccomp-dev libpcre2-dev
PKG_RUN   := ca-certificates
PKG_LAB   := libnetfilter-queue-dev libmnl-dev libcap-dev libpcap-dev \
	libssl-dev libidn2-dev nginx-light unbound iproute2 iptables nftables \
	ethtool util-linux
PKG_TEST  := libcmocka-dev mmdb-bin bind9-dnsutils curl tshark jq minisign mandoc perl \
	openssl xxd clang libclang-rt-14-dev clang-format zstd gzip libfaketime \
	libnginx-mod-stream procps sqlite3 \
	libxml2-utils universal-ctags systemd microsocks tinyproxy-bin
PKG_BENCH := time
PKG_BROWSER := chromium poppler-utils
PKG_FIREFOX := firefox-esr libnss3-tools
PKG_CROSS := gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user-static
PKG_STATIC := clang-tidy cppcheck valgrind

# ---- flags -------------------------------------------------------------------
# Files of any size on 32-bit machines too; never -D_TIME_BITS=64, which changes a
# struct timeval that the libraries of Debian were built with (base/look.h).
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPT  ?= -O2 -g
WERROR ?=
SAN  ?=
# BUILD=build-san is for tests: with sanitizers, and with what libFuzzer counts, so
# that fuzz targets and all else are built from the same objects.
ifeq ($(BUILD),build-san)
CC   := $(CLANG)
OPT  := -O1 -g
WARN := # tests/warnings.sh asks both compilers
SAN  := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
endif
ifneq ($(SAN),)
HARDEN := -fPIE
endif
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DPARALLAX_VERSION='"$(VERSION)"' -Ilib -I.
ALL_CFLAGS = -std=c11 $(OPT) $(WARN) $(WERROR) $(HARDEN) $(SAN) \
	-ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SAN) $(SAN_OBJ) $(LDFLAGS)

pc = $(shell pkg-config --silence-errors $(1) $(2))
LIB_PC := libcurl libcares openssl libzstd zlib libsodium libevent_core \
	libidn2 libpsl libmaxminddb libseccomp libpcre2-8
LIB_LIBS = $(call pc,--libs,$(LIB_PC))
PROBE_LIBS = $(LIB_LIBS) $(call pc,--libs,libpcap)
COLLECTOR_LIBS = $(LIB_LIBS) $(call pc,--libs,libpcap libmicrohttpd sqlite3) \
	-lpthread -lm
LAB_LIBS = $(call pc,--libs,libnetfilter_queue libmnl openssl libidn2 libpcap \
	libcap)

ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
else
say =
endif

# ---- sources -----------------------------------------------------------------
LIB_SRC := $(sort $(shell find lib -name "*.c"))
PROBE_SRC := $(sort $(shell find probe -name "*.c"))
COLLECTOR_SRC := $(sort $(shell find collector -name "*.c"))
LAB_SRC := $(sort $(wildcard tests/lab/*.c))
UNIT_SRC := $(sort $(shell find tests/unit -name "test_*.c"))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
TOOL_SRC := $(sort $(wildcard tests/tools/*.c))
SERVER_SRC := $(sort $(wildcard tests/scenes/servers/*.c))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(FUZZ_SRC))
# Options that every sanitized program has compiled in.
SAN_OBJ := $(if $(findstring address,$(SAN)),$(call obj,tests/sanitizers.c))
TOOL_BIN := $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(TOOL_SRC))
SERVER_BIN := $(patsubst tests/scenes/servers/%.c,$(BUILD)/tests/servers/%,$(SERVER_SRC))
METHODOLOGY := $(BUILD)/tools/methodology
LIBA := $(BUILD)/libparallax.a
COLLECTOR_LIB_OBJ := $(call obj,$(filter-out collector/cmd/main.c,$(COLLECTOR_SRC)))
PROBE_LIB_OBJ := $(call obj,$(filter-out probe/cmd/main.c,$(PROBE_SRC)))

# Data compiled into the collector: collector/data/*.csv become C arrays.
DATA_SRC := $(sort $(wildcard collector/data/*.csv))
DATA_OBJ := $(if $(DATA_SRC),$(BUILD)/obj/gen/collector_data.o)

.DELETE_ON_ERROR:
# Objects that a chain of rules makes are kept.
.SECONDARY:
.PHONY: all probe collector lab unit tools docs clean help

all: need-build $(BUILD)/parallax $(BUILD)/parallax-collector
probe: $(BUILD)/parallax
collector: $(BUILD)/parallax-collector
lab: $(BUILD)/lab-run $(SERVER_BIN)
tools: $(TOOL_BIN) $(METHODOLOGY)
docs: $(METHODOLOGY)
	$(Q)sh tools/docs.sh $(METHODOLOGY)

$(LIBA) $(BUILD)/lab-run $(BUILD)/hostile: | $(SAN_OBJ)
$(LIBA): $(call obj,$(LIB_SRC))
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

$(BUILD)/parallax: $(call obj,$(PROBE_SRC)) $(LIBA)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PROBE_LIBS)

$(BUILD)/parallax-collector: $(call obj,$(COLLECTOR_SRC)) $(DATA_OBJ) $(LIBA)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(COLLECTOR_LIBS)

# The lab stands alone: it must not share a fault with what it tests.
$(BUILD)/lab-run: $(call obj,$(LAB_SRC))
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LAB_LIBS)

# Programs for the lab's `exec` lines stand alone, too.
$(BUILD)/tests/servers/%: tests/scenes/servers/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -o $@ $< \
	  $(ALL_LDFLAGS) $(call pc,--libs,openssl)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/collector_data.c: $(DATA_SRC) tools/embed.sh
	@mkdir -p $(@D)
	$(call say,GEN,$@) sh tools/embed.sh $(DATA_SRC) > $@

$(BUILD)/obj/gen/collector_data.o: $(BUILD)/gen/collector_data.c
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# A unit test takes what it reaches from these: everything but the two mains.
# Gold links a test in a tenth of the time; what clang's sanitizers export it grumbles
# about.
QUICK_LD := $(if $(SAN),,$(shell $(CC) -fuse-ld=gold -Wl,--version >/dev/null 2>&1 && echo -fuse-ld=gold))
COLLECTOR_LIBA := $(BUILD)/libcollector.a
PROBE_LIBA := $(BUILD)/libprobe.a
LAB_OBJ := $(call obj,$(filter-out tests/lab/main.c,$(LAB_SRC)))
$(COLLECTOR_LIBA): $(COLLECTOR_LIB_OBJ) $(DATA_OBJ)
$(PROBE_LIBA): $(PROBE_LIB_OBJ)
$(COLLECTOR_LIBA) $(PROBE_LIBA):
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

$(BUILD)/obj/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) -Itests/lab $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIBA) $(COLLECTOR_LIBA) $(PROBE_LIBA) $(LAB_OBJ)
	@mkdir -p $(@D)
	$(call say,TEST,$@) $(CC) $(ALL_CFLAGS) $(QUICK_LD) -o $@ $< \
	  $(if $(filter lab/%,$*),$(LAB_OBJ),$(if $(filter probe/%,$*),$(PROBE_LIBA),$(COLLECTOR_LIBA))) \
	  $(LIBA) $(ALL_LDFLAGS) -lcmocka $(COLLECTOR_LIBS) $(LAB_LIBS)

unit: $(UNIT_BIN)
	@sh tests/check.sh unit

# Fuzz targets: what there is in BUILD=build-san, and libFuzzer.
LAB_LIBA := $(BUILD)/liblab.a
$(LAB_LIBA): $(LAB_OBJ)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

FUZZ_LINK = $(CC) $(CPPFLAGS) -Itests/lab -std=c11 $(OPT) $(subst fuzzer-no-link,fuzzer,$(SAN))
FUZZ_LIBA := $(COLLECTOR_LIBA) $(LAB_LIBA) $(LIBA)
FUZZ_LINK_LIBS = tests/sanitizers.c $(FUZZ_LIBA) $(COLLECTOR_LIBS) $(LAB_LIBS)

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(FUZZ_LIBA)
	@mkdir -p $(@D)
	$(call say,FUZZ,$@) $(FUZZ_LINK) -o $@ $< $(FUZZ_LINK_LIBS)

# With a planted fault, made anew each time: what the copies do not hold is
# included from the tree.
.PHONY: FORCE
$(BUILD)/planted/%/fuzz: FORCE
	$(Q)sources=$$(sh tests/fuzz/plant.sh $* $(@D)) && \
	  $(FUZZ_LINK) -Itests/fuzz -o $@ $$sources $(FUZZ_LINK_LIBS)

$(METHODOLOGY): tools/methodology.c $(LIBA)
	@mkdir -p $(@D)
	$(call say,TOOL,$@) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -o $@ $< \
	  $(LIBA) $(ALL_LDFLAGS)

$(BUILD)/tests/tools/%: tests/tools/%.c $(LIBA)
	@mkdir -p $(@D)
	$(call say,TOOL,$@) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -o $@ $< \
	  $(LIBA) $(ALL_LDFLAGS) $(PROBE_LIBS) -lpthread

include tests/targets.mk

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
