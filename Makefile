# phasic: build, check, install. `make help` lists the targets; everything made goes to build/<variant>/.

VARIANT ?= release
PREFIX  ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
B       := build/$(VARIANT)

# Variants: the compiler, how it optimises, and what it instruments.
CC               := gcc
compiler_clang   := clang
compiler_fuzz    := clang
flags_release    := -O2 -g -fcallgraph-info=su,da
flags_debug      := -Og -g3 -fno-omit-frame-pointer
flags_asan       := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
flags_tsan       := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
flags_clang      := -O2 -g
flags_fuzz       := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
flags_cov        := -O0 -g --coverage -fprofile-abs-path
ifneq ($(origin flags_$(VARIANT)),file)
  $(error VARIANT=$(VARIANT): expected release, debug, asan, tsan, clang, fuzz or cov)
endif
CC := $(or $(compiler_$(VARIANT)),$(CC))

# Libraries: asked for once. Their headers are system headers, so that our warnings stay ours.
libraries    := lua5.4 libzstd libisal jansson hdf5-serial libmd
lib_cflags   := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(libraries) 2>/dev/null))
lib_ldlibs   := $(shell pkg-config --libs $(libraries) 2>/dev/null)
cmocka_libs  := $(shell pkg-config --libs cmocka 2>/dev/null)
need_library  = $(if $(lib_ldlibs),,$(error libraries are missing: run "make deps"))

# The engine is strict C17, so that a clock or a thread call does not even have a declaration there. No contraction into
# fused multiply-adds anywhere: the same bits on every processor. No absolute path gets into an object.
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wswitch-enum -Wundef -Wformat=2 -Werror
CFLAGS_ALL = -I. -Idaemon $(flags_$(VARIANT)) $(WARNINGS) -ffp-contract=off -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
language   = $(if $(filter daemon/engine/%,$1),-std=c17 -pedantic,-std=gnu17 -D_GNU_SOURCE $(lib_cflags))
compile    = $(CC) $(call language,$1) $(CFLAGS_ALL)
LDLIBS    := $(lib_ldlibs) -pthread -lrt -lm

# Sources, by folder. A file in a tests/ folder that is not a test program of its own is linked into all of them.
folders      := $(sort $(dir $(wildcard daemon/*.c daemon/*/*.c daemon/*/*/*.c drivers/*.c drivers/*/*.c tests/*/*.c)))
sources      := $(wildcard $(addsuffix *.c,$(folders)))
engine_c     := $(filter daemon/engine/%,$(sources))
phasic_c     := $(filter-out daemon/engine/% daemon/main.c,$(filter daemon/% drivers/%,$(sources)))
test_c       := $(wildcard tests/*/test_*.c)
test_help_c  := $(filter-out $(test_c) tests/fuzz/% tests/bench/%,$(wildcard tests/*/*.c))
fuzz_c       := $(wildcard tests/fuzz/fuzz_*.c)
objects       = $(patsubst %.c,$(B)/%.o,$1)
test_programs := $(test_c:%.c=$(B)/%)
fuzz_programs := $(fuzz_c:%.c=$(B)/%)
main         := $(if $(wildcard daemon/main.c),$(B)/phasic)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: help deps build all tests fuzzers demo check check-slow bench lint format install fuzz clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
	@echo "  VARIANT=release|debug|asan|tsan|clang|fuzz|cov   SUITES='unit lint'   DURATION=S HEADLESS=1 (demo)"

deps: ## install what building and checking need (Debian 12)
	@tests/deps/install

all: build
build: $(main) $(B)/libphasic.a $(B)/libengine.a build/compile_commands.json ## build phasic; build/phasic is the release build
ifeq ($(VARIANT),release)
	@ln -sfn release/phasic build/phasic
endif

tests: build $(test_programs) ## build the test programs of VARIANT

fuzzers: $(fuzz_programs)

# Its own make, because the libraries may have come only now.
demo: ## install what is missing, build, and run a session on the simulated rig
	@tests/deps/install build
	@$(MAKE) --no-print-directory build
	@bash tests/demo/run

check: deps ## everything that CI runs; SUITES="unit lint" picks some
	@tests/run $(SUITES)

check-slow: deps ## what takes longer: valgrind, clang-tidy, long fuzzing, slow scripts
	@tests/run --slow $(SUITES)

lint: deps ## the rules of style and structure
	@tests/run lint pure

fuzz: deps ## fuzz each target for FUZZ_SECONDS (60)
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) tests/run fuzz

bench: build ## measure against cyclictest on this machine
	build/phasic bench --picture build/bench.svg $(BENCH)

format: ## lay out every C file
	@clang-format -i $(shell find daemon drivers tests -name '*.[ch]')

install_files = $(if $(wildcard $1),install -D -m 644 -t $(DESTDIR)$(PREFIX)/$2 $(wildcard $1))
install: build ## install to DESTDIR and PREFIX (/usr/local)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(B)/phasic
	$(call install_files,protocols/*.lua,share/phasic/protocols)
	$(call install_files,rig-configs/*.lua,share/phasic/rig-configs)
	$(call install_files,clients/*.py,share/phasic/clients)
	$(call install_files,LICENSE README.md CHANGELOG.md docs/*.md docs/*.svg,share/doc/phasic)
	$(call install_files,docs/tutorial/*.lua,share/doc/phasic/tutorial)
	$(call install_files,udev/*.rules,lib/udev/rules.d)
	install -D -m 644 -t $(DESTDIR)$(SYSCONFDIR)/security/limits.d udev/90-phasic-limits.conf
	$(call install_files,udev/*.service,lib/systemd/system)

clean: ## remove build/
	rm -rf build

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  cc $@"
	$(need_library)@$(call compile,$<) -MMD -MP -c -o $@ $<

# The folders are prerequisites, so that a removed source leaves its archive.
$(B)/libengine.a: $(call objects,$(engine_c)) $(filter daemon/engine/%,$(folders))
$(B)/libphasic.a: $(call objects,$(phasic_c)) $(filter-out daemon/engine/% tests/%,$(folders))
$(B)/libtests.a: $(call objects,$(test_help_c)) $(filter tests/%,$(folders))
$(B)/lib%.a:
	@mkdir -p $(@D)
	@echo "  ar $@"
	@rm -f $@
	@ar rcsD $@ $(filter %.o,$^)

$(B)/phasic: $(B)/daemon/main.o $(B)/libphasic.a $(B)/libengine.a
	@echo "  ld $@"
	@$(CC) $(flags_$(VARIANT)) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

# A test's own libraries and mocks are pattern-specific: $(B)/tests/unit/test_x: LDFLAGS += -Wl,--wrap=write
$(B)/tests/unit/test_det: LDLIBS += -lmpfr -lgmp
$(B)/tests/faults/test_load: LDFLAGS += -Wl,--wrap=task_plan
$(test_programs): %: %.o $(B)/libtests.a $(B)/libphasic.a $(B)/libengine.a
	@echo "  ld $@"
	@$(CC) $(flags_$(VARIANT)) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(cmocka_libs) $(LDLIBS)

$(fuzz_programs): %: %.o $(B)/libphasic.a $(B)/libengine.a
	@echo "  ld $@"
	@$(CC) $(flags_$(VARIANT)) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

comma := ,
define command
$(if $(filter $1,$(firstword $(sources))),[,$(comma)){"directory": "$(CURDIR)", "file": "$1",
 "command": "$(call compile,$1) -c $1"}
endef
build/compile_commands.json: Makefile $(folders)
	@mkdir -p $(@D)
	@$(file >$@)$(foreach source,$(sources),$(file >>$@,$(call command,$(source))))$(file >>$@,])

-include $(patsubst %.c,$(B)/%.d,$(sources))
