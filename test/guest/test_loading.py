# SPDX-License-Identifier: GPL-2.0-only
"""The module comes and goes under load, used and in the middle of what it does: 200 times on each kernel,
or WHY_ROUNDS times. And its device against who does not keep to abi/module.h.
test/guest/run fails where the kernel complains."""
import os


import pytest

from asking import MODULE, ask

KERNELS = ("6.1", "6.1-rt", "6.12", "6.12-rt", "6.12-rt-arm64")
ROUNDS = int(os.environ.get("WHY_ROUNDS", 200))
SLOW = 1 + ROUNDS // 120
# Most rounds hook no event, which takes a guest a tenth of a second each. Some are ended in the middle: of violations
# (every wake-up is one), of histories, of system calls under way, of a measurement whose user is killed; there tasks
# switch on both CPUs all the time, elsewhere on one, where they leave the loading its turn. A virtual CPU that is busy
# keeps its turn for up to 100 ms, whoever waits, so the tasks rest every 20 rounds. busybox, for kmod's programs take
# longer to start than the kernel to do what they ask for.
LOADING = """
cp $4 /run/whylate.ko; module=/run/whylate.ko; bin=$2; sys=/sys/kernel/whylate
$bin/test/load/pingpong --burst 20 --rounds 100000000 --limit 3600s > /dev/null & more=$!
yields=
# Two virtual CPUs that are both busy take turns, of which one would be for nothing.
if command -v nice > /dev/null; then yields="nice -n 19"; taskset -pc 1 $$ > /dev/null; fi
$yields $bin/test/load/pingpong --cpu 1 --burst 20 --rounds 100000000 --limit 3600s > /dev/null & load=$!
round=0
while [ $round -lt $3 ]; do
	use=-1
	[ $((round % $5)) != 1 ] || use=$((round / $5 % 4))
	[ $use = -1 ] && kill -STOP $more || kill -CONT $more
	busybox insmod $module
	case $use in
	0)	echo "tgid $load trace" > $sys/add_pid
		for bound in latency response; do echo "$load 1" > $sys/set_slo_${bound}_bound; done
		cat /proc/whylate/* > /dev/null ;;
	1)	for kind in wakeup timer; do echo 1 > /proc/latency_hist/${kind}_latency/enable; done
		echo 1 > /proc/latency_hist/interrupt_off_latency/enable 2>/dev/null || [ $1 = 6.12-rt-arm64 ] ;;
	2)	echo "enable all" > /proc/syscall-trace ;;
	3)	$bin/whylate profile --collector module -d 60s > /dev/null 2>&1 & user=$!
		until grep -q /dev/whylate /proc/$user/maps; do sleep 0.1; done
		rmmod whylate 2>/dev/null && exit 1
		kill -KILL $user
		wait $user || : ;;
	esac
	busybox rmmod whylate
	round=$((round + 1))
done
for file in /dev/whylate /proc/latency_hist /proc/latency_trace /proc/syscall-trace /proc/whylate $sys; do
	[ ! -e $file ] || exit 1
done
kill -KILL $load $more
cat /proc/vmallocinfo > $GUEST_OUT/vmallocinfo
echo $round rounds
"""

pytestmark = pytest.mark.timeout(300 * SLOW)


def run(kernel, tmp_path, script, *args):
    return ask(tmp_path, kernel, "sh", "-ec", script, "sh", *args, options=["--append", "loglevel=5"],
               timeout=250 * SLOW).stdout


def module(kernel):
    return f"build/guest/{kernel}/{MODULE}"


@pytest.mark.parametrize("kernel", KERNELS)
def test_it_comes_and_goes_under_load(kernel, tmp_path):
    where = "build/arm64" if kernel.endswith("arm64") else "build"
    said = run(kernel, tmp_path, LOADING, kernel, where, str(ROUNDS), module(kernel),
               str(max(3, ROUNDS // 10)))
    assert said == f"{ROUNDS} rounds\n"
    # Functions of a module that is gone have no names: nothing is left of what it allocated.
    left = [line for line in (tmp_path / "out/vmallocinfo").read_text().splitlines() if "whylate" in line]
    assert not left, left


@pytest.mark.parametrize("kernel", ("6.1-rt", "6.12"))
def test_its_device_refuses_what_is_none_of_its_commands(kernel, tmp_path):
    said = run(kernel, tmp_path, "insmod $1; test/guest/device_steps.py; rmmod whylate", module(kernel))
    assert said.splitlines()[-1] == "all refused", said
