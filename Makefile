# The kiosk's commands; `make` alone prints them. Each sets up what it needs and costs nothing when that is there:
# Debian's packages are asked for by dpkg-query, the virtual environment is remade when its lock or Python changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help

# Every command that the tests start would compile the kiosk anew.
unexport PYTHONDONTWRITEBYTECODE

# On a Raspberry Pi camera, GPIO and input devices speak through Debian's own Python and libraries.
PI := $(shell grep -aqs 'Raspberry Pi' /proc/device-tree/model && echo yes)
PYTHON ?= $(if $(PI),/usr/bin/python3,python3)
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet
LOCKED := --require-hashes --no-deps --only-binary :all: --requirement
PIP_LOCKED := $(PIP) install $(LOCKED)

RUN_READY := .venv/.run-$(PYTHON_VERSION)
HUB_READY := .venv/.hub-$(PYTHON_VERSION)
SPARK_READY := .venv/.spark-$(PYTHON_VERSION)
TEST_READY := .venv/.test-$(PYTHON_VERSION)

RUN_PACKAGES := libzbar0 fonts-dejavu-core espeak-ng alsa-utils haproxy
# A Python from elsewhere brings its own venv; Debian keeps it in a package.
RUN_PACKAGES += $(if $(filter /usr/bin/% /bin/%,$(shell command -v $(PYTHON))),python3-venv)
RUN_PACKAGES += $(if $(PI),python3-picamera2 python3-evdev python3-lgpio python3-numpy)
SPARK_PACKAGES := default-jre-headless
TEST_PACKAGES := $(RUN_PACKAGES) chromium-headless-shell libatomic1 e2fsprogs debhelper lintian shellcheck mmdebstrap qemu-user-static
TEST_PACKAGES += nftables iproute2 dnsmasq-base libxml2-utils systemd-container sudo
TEST_PACKAGES += $(SPARK_PACKAGES)
DEB_PACKAGES := $(RUN_PACKAGES) debhelper
MACHINE_PACKAGES := $(DEB_PACKAGES) qemu-system-x86 mmdebstrap e2fsprogs openssh-client

why-python3-venv := the virtual environment in .venv
why-libzbar0 := the second decoder, which reads flickering screens
why-fonts-dejavu-core := the letters on the ticket, Vietnamese among them
why-espeak-ng := the voice that calls tickets
why-alsa-utils := the loudspeaker, by aplay
why-haproxy := the pages for tablets, by HTTPS
why-python3-picamera2 := the camera
why-python3-evdev := scanners that type like a keyboard
why-python3-lgpio := lamps, buzzer, button and relay
why-python3-numpy := the frames of the camera
why-chromium-headless-shell := the browser that the tests drive
why-nftables := the firewall, which the tests try
why-iproute2 := the networks in which they try it
why-dnsmasq-base := names on the set-up's hotspot, read by the tests
why-libxml2-utils := what is told to avahi, read by the tests
why-sudo := what the maintainer of a card may, read by the tests
why-systemd-container := machines that start in a second, in which the tests try the package
why-default-jre-headless := what Spark runs on
why-libatomic1 := what drives the browser (its node wants it)
why-debhelper := Debian's tools for packages
why-lintian := Debian's own examination of packages
why-shellcheck := known mistakes in shell scripts
why-qemu-user-static := a Raspberry Pi's processor, emulated
why-qemu-system-x86 := a machine with a kernel of its own, whose devices the tests simulate
why-mmdebstrap := a Debian to try things in
why-e2fsprogs := small disks, which the tests fill
why-openssh-client := the way into it

# $(call install,PACKAGES): installs those that are not there, by their own name or another that provides it.
installed = $(shell dpkg-query -W -f '$${db:Status-Status} $${Package} $${Provides}\n' 2>/dev/null | sed -n 's/^installed //p')
install = $(call install-missing,$(filter-out $(installed),$(1)))
install-missing = @$(if $(strip $(1)),$(apt),:)
define apt
echo "Debian packages to install, with what they need; this may take some minutes:"
$(foreach package,$(1),printf '  %-20s %s\n' '$(package)' '$(why-$(package))';)
if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get here: they must be installed by hand; going on."
  exit
fi
as_root=
if (( EUID != 0 )); then
  as_root=sudo
  if ! command -v sudo >/dev/null; then
    echo "There is no sudo here. As root, run: apt-get install --no-install-recommends $(strip $(1))" >&2
    exit 1
  fi
fi
$$as_root apt-get -qq update
$$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $(strip $(1)) >/dev/null
endef

# Where there are no settings yet, a newcomer sees a site with counters, a board and all stages.
EXAMPLE := $(if $(KIOSK_CONFIG)$(wildcard /etc/kiosk/kiosk.toml),,--config firmware_config/vaccination.example.toml)

.PHONY: help run hub test test-machine deb lint pictures bench fuzz lock supported ready packages test-packages machine-packages deb-packages

help:  ## print these lines
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

run: $(RUN_READY)  ## set everything up and start the kiosk here, e.g. make run ARGS='--port 8081'
	@exec .venv/bin/kiosk $(EXAMPLE) run $(ARGS)

hub: $(HUB_READY)  ## set up what a hub needs and start one here; what it knows lies in build/hub
	@exec .venv/bin/kiosk $(if $(KIOSK_DATA),,--data build/hub) hub $(ARGS)

# A Debian in a folder, as here where this is 12 or 13: what the tests boot as containers. Its files belong to root.
SUITE_HERE := $(shell . /etc/os-release 2>/dev/null; echo "$$VERSION_CODENAME")
CONTAINER := build/system/$(or $(filter bookworm trixie,$(SUITE_HERE)),bookworm)

# On every processor a worker, and one more for what only waits. Who asks for some of the tests gets them in one.
WORKERS := $(shell echo $$(($$(nproc) + 1)))

test: test-packages $(TEST_READY) $(SPARK_READY) $(if $(filter 0,$(shell id -u)),$(CONTAINER).made)  ## set everything up and run every check and test
	@failed=
	check() {
	  echo "== $$*"
	  ".venv/bin/$$1" "$${@:2}" || failed+="$${failed:+, }$$*"
	}
	check ruff check
	check ruff format --check
	check mypy --strict
	check pytest $(or $(ARGS),--numprocesses $(WORKERS) --no-loadscope-reorder)
	echo
	if [[ $$failed ]]; then
	  echo "make test: FAILED: $$failed"
	  exit 1
	fi
	echo "make test: everything passed"

$(CONTAINER).made: tests/system/root.sh firmware_config/debian/control | test-packages
	@echo "Building the Debian that the tests boot as containers; this takes a minute or two, once"
	if nice $< $(notdir $(CONTAINER)) $(CONTAINER); then
	  touch $@
	else
	  echo "It could not be built: the tests in containers say what that means." >&2
	fi

ready: test-packages machine-packages $(TEST_READY)  ## set up what tests and emulated machines need, and run nothing

# One part: make test-machine ARGS=devices; more cuts: make test-machine ARGS='power --cuts 300'; again: ARGS='power --seed 7'
test-machine: supported  ## install the package in emulated machines: devices of a real kernel, power cuts
	@PYTHONPATH=.:tests $(PYTHON) tests/machine/parts.py $(ARGS)

# One of them: make deb SUITES=trixie ARCHITECTURES=arm64; a newer one of the same version: make deb REVISION=2
SUITES := bookworm trixie
ARCHITECTURES := amd64 arm64
export REVISION

deb: deb-packages $(RUN_READY)  ## make the Debian packages for bookworm and trixie, amd64 and arm64, in build/deb
	@for suite in $(SUITES); do
	  for architecture in $(ARCHITECTURES); do nice firmware_config/debian/build.sh $$suite $$architecture; done
	done

lint: $(TEST_READY)  ## only ruff and mypy
	@.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy --strict

pictures: test-packages $(TEST_READY)  ## make the README's pictures anew, from an invented site at work
	@.venv/bin/python tests/browser/pictures.py

bench: $(TEST_READY)  ## print the figures that the README's decisions rest on
	@for bench in tests/bench/*.py; do
	  echo "== $$bench"
	  .venv/bin/python "$$bench"
	done

fuzz: $(TEST_READY)  ## throw damaged input at every parser for ten minutes; make fuzz ARGS='--minutes 1'
	@PYTHONPATH=tests .venv/bin/python -W error -m fuzz $(ARGS)

# A lock each, so that a kiosk at a door carries neither the hub's libraries nor the tests' tools. Without addresses: they
# install from any index. The tool that makes the pins is the only one that is not pinned. pip is there already, in every
# environment. Spark is published as source only, which holds its jars and needs setuptools to be put in place.
lock:  ## pin the libraries anew; make lock ARGS=--upgrade takes newer ones
	@$(PYTHON) -m venv --clear build/lock
	build/lock/bin/pip --disable-pip-version-check install --quiet uv
	pin() {
	  build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --only-binary :all: \
	    --generate-hashes --no-emit-index-url --no-emit-package pip --custom-compile-command "make lock" $(ARGS) "$$@"
	}
	pin pyproject.toml --group build --output-file requirements.lock
	pin_extra() {
	  $(PYTHON) - $$1 <<-'EOF' >build/lock/$$1.in
	import pathlib, sys, tomllib
	project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
	print(*project["optional-dependencies"][sys.argv[1]], sep="\n")
	EOF
	  pin build/lock/$$1.in --no-annotate --constraints requirements.lock --output-file "$${@:2}"
	}
	pin_extra hub kiosk/hub/requirements.lock
	pin_extra spark kiosk/lake/spark.lock --no-binary pyspark
	pin --group test --constraints requirements.lock --constraints kiosk/hub/requirements.lock \
	  --output-file tests/requirements.lock

supported:
	@if ! [[ '$(PYTHON_VERSION)' =~ ^3\.1[123]$$ ]]; then
	  echo "The kiosk runs on Python 3.11 to 3.13; $(PYTHON) is '$(PYTHON_VERSION)'. Name another: make PYTHON=python3.12" >&2
	  exit 1
	fi

packages: supported
	$(call install,$(RUN_PACKAGES))

test-packages: supported
	$(call install,$(TEST_PACKAGES))

deb-packages: supported
	$(call install,$(DEB_PACKAGES))

machine-packages: supported
	$(call install,$(MACHINE_PACKAGES))

# What the tests boot: its Debian, made anew when these change ...
build/machine/%/tree.tar: tests/machine/image.sh tests/machine/tree.sh | machine-packages $(RUN_READY)
	@echo "Making a Debian $* for the machine; this takes some minutes, once"
	$< $* $(@D)

.PRECIOUS: build/machine/%/tree.tar

# ... and the kiosk's own package in it.
SHIPPED := $(shell find kiosk systemd firmware_config -type f -not -path '*/__pycache__/*') requirements.lock pyproject.toml
build/machine/%/disk.img: build/machine/%/tree.tar tests/machine/disk.sh $(SHIPPED)
	@echo "Making the package for $* and installing it in the machine"
	package=$$(firmware_config/debian/build.sh $* amd64 | tail -n 1)
	echo $$SECONDS >$(@D)/seconds.package
	tests/machine/disk.sh $(@D) $$package

$(RUN_READY): requirements.lock pyproject.toml | packages
	@echo "Setting up .venv with Python $(PYTHON_VERSION) and the libraries of requirements.lock"
	$(PYTHON) -m venv --clear $(if $(PI),--system-site-packages) .venv
	$(PIP_LOCKED) requirements.lock
	$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	touch $@

$(HUB_READY): kiosk/hub/requirements.lock $(RUN_READY)
	@echo "Adding the hub's libraries of kiosk/hub/requirements.lock"
	$(PIP_LOCKED) kiosk/hub/requirements.lock
	touch $@

# Its wheel is made once of what was published, and kept: that is 450 MB.
SPARK_WHEELS := build/spark/wheels
$(SPARK_WHEELS): kiosk/lake/spark.lock | $(RUN_READY)
	@echo "Fetching Spark, 450 MB, and making a wheel of it; this takes some minutes, once"
	rm -rf $@ $@.new
	$(PIP) wheel --no-build-isolation --wheel-dir $@.new $(LOCKED) $< --no-binary pyspark
	mv $@.new $@

$(SPARK_READY): $(SPARK_WHEELS) $(HUB_READY)
	@echo "Adding Spark"
	$(PIP) install --no-index --no-deps $(SPARK_WHEELS)/*.whl
	touch $@

$(TEST_READY): tests/requirements.lock $(HUB_READY)
	@echo "Adding the tests' tools of tests/requirements.lock"
	$(PIP_LOCKED) tests/requirements.lock
	touch $@
