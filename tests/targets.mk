# SPDX-License-Identifier: Apache-2.0
# Targets that install, test, measure and demonstrate.

.PHONY: need-build need-lab need-test need-browser need-firefox need-static need-cross

# $(call need,purpose,packages): installs what is missing as root, else names it.
define need
	@sh tools/need.sh '$(1)' $(2)
endef

need-build:
	$(call need,building,$(PKG_BUILD) $(PKG_RUN))
need-lab: need-build
	$(call need,the lab,$(PKG_LAB))
need-test: need-lab
	$(call need,the tests,$(PKG_TEST))
need-browser:
	$(call need,looking at pages,$(PKG_BROWSER))
need-firefox:
	$(call need,looking at what a browser sends,$(PKG_FIREFOX))
need-cross:
	$(call need,other machines,$(PKG_CROSS))
need-static:
	$(call need,static checks,$(PKG_STATIC))

# ---- tests -----------------------------------------------------------------
JOBS := $(shell nproc 2>/dev/null || echo 2)

# Replays: the engine linked against fakes of what lies below it; allocations
# go through --wrap so that they can be made to fail.
comma := ,
REPLAY_WRAP := clock_mono_us clock_wall_us crypto_random crypto_random_below \
	malloc calloc realloc region_alloc region_calloc region_strdup \
	region_strndup region_memdup region_str region_grow
REPLAY_OBJ := $(call obj,$(sort $(wildcard tests/replay/*.c)) probe/deliver/submission.c)
REPLAY_BIN := $(BUILD)/tests/replay/replay
FAULT_LIB := $(BUILD)/tests/faults/preload.so

$(REPLAY_OBJ): CPPFLAGS += -Itests/replay
$(REPLAY_BIN): $(REPLAY_OBJ) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) \
	  $(patsubst %,-Wl$(comma)--wrap=%,$(REPLAY_WRAP)) -o $@ $^ $(LIB_LIBS) -lm

# Faults of the machine for whole programs, by LD_PRELOAD; never sanitized.
$(FAULT_LIB): tests/faults/preload.c
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) -D_GNU_SOURCE -std=c11 -O2 -Wall -Wextra -fPIC \
	  -shared -o $@ $< -ldl

# What a power cut leaves; the same way.
CUT_LIB := $(BUILD)/tests/faults/powercut.so
$(CUT_LIB): tests/faults/powercut.c tests/faults/powercut.h
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) -D_GNU_SOURCE -std=c11 -O2 -Wall -Wextra -fPIC -I. \
	  -shared -o $@ $< -ldl

# What the kernel says of its clock; the same way.
KEPT_LIB := $(BUILD)/tests/faults/kept.so
$(KEPT_LIB): tests/faults/kept.c
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) -D_GNU_SOURCE -std=c11 -O2 -Wall -Wextra -fPIC \
	  -shared -o $@ $<

.PHONY: replay same torture
replay: $(REPLAY_BIN)
	@sh tests/check.sh replay
same: need-test all $(REPLAY_BIN)
	@sh tests/check.sh same
torture: $(REPLAY_BIN) $(FAULT_LIB) $(UNIT_BIN)
	@sh tests/check.sh torture

.PHONY: check lint mutants fuzz fuzz-build fuzz-programs fuzz-planted demo qa e2e \
	san hostile install uninstall

# What the tests run is built in parallel first; the tests then run side by side.
check: need-test need-browser
	@$(MAKE) -s -j$(JOBS) all lab tools hostile $(UNIT_BIN) \
	  $(REPLAY_BIN) $(FAULT_LIB) $(CUT_LIB) $(KEPT_LIB)
	@$(MAKE) -s -j$(JOBS) BUILD=build-san san fuzz-programs
	@sh tests/check.sh lint unit san replay replay-san same scenes torture e2e dpi qa e2e-san fuzz

lint:
	@sh tests/lint/lint.sh
# Is each fsync of the collector missed by a test when it is gone?
mutants: need-test
	@$(MAKE) -s -j$(JOBS) all tools $(CUT_LIB)
	@sh tests/faults/mutants.sh
fuzz-programs: $(FUZZ_BIN)
fuzz-build:
	@$(MAKE) -s -j$(JOBS) BUILD=build-san fuzz-programs
fuzz: need-test fuzz-build
	@sh tests/fuzz/run.sh $(or $(SECONDS),60)
fuzz-planted: need-test fuzz-build
	@sh tests/check.sh planted
qa: need-test
	@$(MAKE) -s -j$(JOBS) all lab
	@sh tests/check.sh qa
e2e: need-test
	@$(MAKE) -s -j$(JOBS) all lab tools $(FAULT_LIB) $(CUT_LIB) $(KEPT_LIB) hostile
	@sh tests/check.sh e2e
# one variant built with sanitizers, always with BUILD=build-san
san: $(BUILD)/parallax $(BUILD)/parallax-collector $(BUILD)/lab-run $(UNIT_BIN) \
	$(TOOL_BIN) $(METHODOLOGY) $(BUILD)/hostile $(REPLAY_BIN)

# Servers that misbehave; they share no code with what they test.
$(BUILD)/hostile: $(call obj,$(sort $(wildcard tests/hostile/*.c)))
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $^ \
	  $(call pc,--libs,openssl zlib libzstd) -lpthread
hostile: $(BUILD)/hostile

demo: need-lab
	@$(MAKE) -s -j$(JOBS) all lab
	@sh tests/demo.sh

# ---- installing --------------------------------------------------------------
MAN := $(sort $(wildcard docs/man/*.1))
UNITS := $(sort $(wildcard packaging/systemd/*.service packaging/systemd/*.timer))
UNIT_DIR = $(DESTDIR)$(PREFIX)/lib/systemd/system
LISTS := tests-lists/global.csv tests-lists/lists.pub \
	$(sort $(wildcard tests-lists/??.csv))
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/doc/parallax \
	  $(DESTDIR)$(PREFIX)/share/parallax/lists $(UNIT_DIR) \
	  $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 755 $(BUILD)/parallax $(BUILD)/parallax-collector \
	  $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(LISTS) $(DESTDIR)$(PREFIX)/share/parallax/lists
	install -m 644 packaging/collector.keys $(DESTDIR)$(PREFIX)/share/parallax
	for unit in $(UNITS); do \
	  sed 's|/usr/bin/|$(PREFIX)/bin/|g' $$unit \
	    >$(UNIT_DIR)/$$(basename $$unit) || exit 1; \
	done
	install -m 644 packaging/systemd/sysusers.conf \
	  $(DESTDIR)$(PREFIX)/lib/sysusers.d/parallax.conf
	install -m 644 README.md LICENSE NOTICE \
	  $(DESTDIR)$(PREFIX)/share/doc/parallax
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/parallax \
	  $(DESTDIR)$(PREFIX)/bin/parallax-collector
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man1/,$(notdir $(MAN)))
	rm -f $(addprefix $(UNIT_DIR)/,$(notdir $(UNITS))) \
	  $(DESTDIR)$(PREFIX)/lib/sysusers.d/parallax.conf
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/parallax
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/parallax/lists/,$(notdir $(LISTS)))
	rm -f $(DESTDIR)$(PREFIX)/share/parallax/collector.keys
	rmdir $(DESTDIR)$(PREFIX)/share/parallax/lists \
	  $(DESTDIR)$(PREFIX)/share/parallax 2>/dev/null || true

help:
	@echo 'make            build/parallax and build/parallax-collector'
	@echo 'make demo       install what is missing, build, measure in the lab,'
	@echo '                show the report'
	@echo 'make check      install what is missing, run the tests'
	@echo 'make check-full also static checks, valgrind, every fault, Firefox, scoreboard'
	@echo 'make bench      speed and memory beside named peers'
	@echo 'make bench-collector    the collector'"'"'s part of it'
	@echo 'make bench-footprint    the probe'"'"'s memory, and what it writes in a day'
	@echo 'make bench-scale    the same of stores of up to ten million records'
	@echo 'make interop    OONI'"'"'s oonidata (PyPI) reads what the programs write'
	@echo 'make fuzz SECONDS=N   every fuzz target for N seconds'
	@echo 'make fuzz-planted   does each target find a fault that was planted?'
	@echo 'make mutants    is each fsync of the collector missed when it is gone?'
	@echo 'make docs       the tables of docs/ that are made from the source'
	@echo 'make lint | qa | e2e | unit | same | lab | tools    single parts'
	@echo 'make month DAYS=30 SEED=24   a device alone, as docs/unattended.md shows it'
	@echo 'make scoreboard SEED=N   verdicts against what the lab did'
	@echo 'make scoreboard-innocents N=3000   a long run of innocents over bad lines'
	@echo 'make install DESTDIR= PREFIX=/usr/local | uninstall | clean'
	@echo 'V=1 shows commands; BUILD=DIR builds elsewhere; SAN=-fsanitize=...'

# ---- measuring -----------------------------------------------------------------
BENCH_BIN := $(addprefix $(BUILD)/tests/bench/,stages load matching)
$(BUILD)/tests/bench/%: tests/bench/%.c $(LIBA) $(COLLECTOR_LIB_OBJ) $(DATA_OBJ)
	@mkdir -p $(@D)
	$(call say,BENCH,$@) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -o $@ $< \
	  $(COLLECTOR_LIB_OBJ) $(DATA_OBJ) $(LIBA) $(ALL_LDFLAGS) $(COLLECTOR_LIBS)

.PHONY: bench bench-collector bench-footprint bench-scale
bench: need-test
	$(call need,measuring,$(PKG_BENCH))
	@$(MAKE) -s -j$(JOBS) all lab tools $(BENCH_BIN) $(KEPT_LIB)
	@sh tests/bench/run.sh
bench-collector: need-test
	$(call need,measuring,$(PKG_BENCH))
	@$(MAKE) -s -j$(JOBS) all lab tools $(BENCH_BIN)
	@sh tests/bench/collector.sh
bench-footprint: need-test
	@$(MAKE) -s -j$(JOBS) all lab $(KEPT_LIB)
	@sh tests/bench/footprint.sh
bench-scale: need-test
	$(call need,measuring,$(PKG_BENCH))
	@$(MAKE) -s -j$(JOBS) all
	@sh tests/bench/scale.sh 100000 1000000 3000000 10000000

# Verdicts against what the lab's middlebox did; scenes drawn by SEED. REPEAT=5 measures
# each five times.
.PHONY: scoreboard scoreboard-innocents
scoreboard: need-test
	@$(MAKE) -s -j$(JOBS) all lab
	@sh tests/scoreboard/run.sh $(or $(SEED),1)
# A long run of innocent scenes alone, over lines with loss to 10 % and RTT to 800 ms.
scoreboard-innocents: need-test
	@$(MAKE) -s -j$(JOBS) all lab
	@INNOCENT=$(or $(N),3000) sh tests/scoreboard/run.sh $(or $(SEED),1)

# OONI's own classes read what we write; from PyPI.
.PHONY: interop
interop: need-test
	@$(MAKE) -s -j$(JOBS) all lab
	@sh tests/interop/oonidata.sh

# A device alone for a month: half an hour; the table goes into docs/unattended.md.
.PHONY: month
month: need-test
	@$(MAKE) -s -j$(JOBS) all lab tools $(CUT_LIB) $(KEPT_LIB)
	@DAYS=$(or $(DAYS),30) SEED=$(or $(SEED),24) DAY_SITES=$(or $(DAY_SITES),24) \
	  MONTH_OUT=$(BUILD)/month sh tests/e2e/month.t
	@sh tests/tools/between.sh docs/unattended.md month $(BUILD)/month/table

# What takes longer than a change should wait for.
.PHONY: check-full
check-full: check need-static need-firefox need-cross
	$(call need,measuring,$(PKG_BENCH))
	@$(MAKE) -s -j$(JOBS) BUILD=build-san-gcc CC=gcc OPT='-O1 -g' san \
	  SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined'
	@sh tests/check.sh san-gcc
	@sh tests/check.sh warnings static
	@sh tests/check.sh fuzz-new
	@BUILD=build-san LAB_BUILD=$(CURDIR)/$(BUILD) sh tests/e2e/hostile.t
	@BUILD=build-san LAB_BUILD=$(CURDIR)/$(BUILD) \
	  LAB_COLLECTOR=$(CURDIR)/build-san/parallax-collector sh tests/e2e/site_list.t
	@FAULTS_ALL=1 sh tests/check.sh torture
	@DISK_IMAGE=1 sh tests/e2e/disk.t
	@SPOOL_KILLS=1000 sh tests/e2e/spool.t
	@CROWD=5000 CROWD_SECONDS=10 sh tests/e2e/crowd.t
	@sh tests/faults/wide.sh
	@KILLS=1000 sh tests/e2e/collector_crash.t
	@POWERCUT_SEEDS="$$(seq -s ' ' 0 40)" \
	  POWERCUT_TIMES="$$(seq -s ' ' 1 60)" sh tests/e2e/powercut.t
	@$(MAKE) -s mutants
	@DAYS=30 SEED=24 DAY_SITES=24 sh tests/e2e/month.t
	@sh tests/check.sh growth
	@sh tests/check.sh planted
	@sh tests/check.sh dpi-live
	@sh tests/check.sh scenes-live
	@$(MAKE) -s interop
	@$(MAKE) -s scoreboard SEED=$(or $(SEED),1)
	@$(MAKE) -s scoreboard-innocents N=300
