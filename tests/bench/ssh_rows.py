"""Rows of the SSH engine: one command on many servers, cold and warm, beside the tools that people use for it.

The servers are one sshd of this run under many loopback addresses, so that client and server share the machine in every row."""
import json
import os
import statistics
import subprocess
import tempfile
import time

ROWS = {"12", "13", "14", "15", "16", "ssh-idle"}
COMMAND = "cat /proc/stat /proc/meminfo /proc/loadavg /proc/net/dev"
SERVERS = 50
PAIRS = 5
IDLE = 1000


class Sshd:
    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        for name in ("host", "id"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{name}"], check=True)
        os.rename(f"{folder}/id.pub", f"{folder}/authorized_keys")
        with open(f"{folder}/sshd_config", "w") as out:
            out.write(f"Port {port}\nListenAddress 127.0.0.1\nListenAddress 0.0.0.0\nHostKey {folder}/host\nPidFile none\n"
                      f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\n"
                      "MaxStartups 2000\nMaxSessions 50\nLoginGraceTime 60\nPrintMotd no\nSubsystem sftp internal-sftp\nSetEnv SHLVL=1 HOME={folder}\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", f"{folder}/sshd_config"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        with open(f"{folder}/ssh_config", "w") as out:
            for i in range(SERVERS):
                out.write(f"Host h{i}\n HostName 127.0.9.{i + 1}\n")
            out.write(f"Host *\n Port {port}\n User root\n IdentityFile {folder}/id\n IdentitiesOnly yes\n StrictHostKeyChecking no\n"
                      f" UserKnownHostsFile /dev/null\n LogLevel ERROR\n ControlPath {folder}/mux-%n\n")
        with open(f"{folder}/hosts", "w") as out:
            out.write("".join(f"h{i}\n" for i in range(SERVERS)))

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Ours:
    def __init__(self, build, sshd):
        self.process = subprocess.Popen([os.path.join(build, "tests/bench/nexus_bench_ssh"), str(sshd.port), "root", f"{sshd.folder}/id"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, word, count):
        self.process.stdin.write(f"{word} {count}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if answer["seconds"] < 0:
            raise RuntimeError(f"{word} {count} failed")
        return answer

    def seconds(self, word, count=SERVERS):
        return self.ask(word, count)["seconds"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def timed(command, folder, **env):
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, cwd=folder)
    seconds = time.monotonic() - begin
    if done.stdout.count("MemTotal") < SERVERS:
        raise RuntimeError(f"{command[0]} reached {done.stdout.count('MemTotal')} of {SERVERS} servers: {done.stderr[-500:]}")
    return seconds


def xargs_ssh(sshd, *options):
    words = " ".join(options)
    return timed(["bash", "-c", f"xargs -P{SERVERS} -I{{}} ssh -F ssh_config {words} {{}} '{COMMAND}' <hosts"], sshd.folder)


def pssh(sshd):
    return timed(["parallel-ssh", "-p", str(SERVERS), "-h", "hosts", "-t", "60", "-i", "-x", "-F ssh_config", COMMAND], sshd.folder)


def ansible(sshd):
    return timed(["ansible", "all", "-i", "hosts", "-f", str(SERVERS), "-m", "raw", "-a", COMMAND], sshd.folder, ANSIBLE_HOST_KEY_CHECKING="False",
                 ANSIBLE_SSH_ARGS=f"-F {sshd.folder}/ssh_config", ANSIBLE_LOCAL_TEMP=f"{sshd.folder}/ansible", ANSIBLE_DEPRECATION_WARNINGS="False")


def masters(sshd, open_them):
    for i in range(SERVERS):
        options = ["-o", "ControlMaster=yes", "-o", "ControlPersist=600", "-fN"] if open_them else ["-O", "exit"]
        subprocess.run(["ssh", "-F", "ssh_config", *options, f"h{i}"], cwd=sshd.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rows(build, free_port, pairs, row):
    with tempfile.TemporaryDirectory(prefix="nexus-bench-ssh-") as folder:
        sshd = Sshd(folder, free_port())
        ours = Ours(build, sshd)
        try:
            cold = lambda: ours.seconds("cold")
            yield row("12", *pairs(cold, lambda: pssh(sshd)))
            yield row("13", *pairs(cold, lambda: xargs_ssh(sshd, "-o", "KexAlgorithms=curve25519-sha256")))
            one = lambda: statistics.median(ours.seconds("cold", 1) for _ in range(10))
            plain = lambda: statistics.median(ours.seconds("plain", 1) for _ in range(10))
            milliseconds = lambda values: [value * 1000 for value in values]
            yield row("16", *map(milliseconds, pairs(one, plain)))
            warm = lambda: ours.seconds("warm")
            masters(sshd, True)
            try:
                yield row("14", *pairs(warm, lambda: xargs_ssh(sshd)))
                yield row("15", *pairs(warm, lambda: ansible(sshd)))
            finally:
                masters(sshd, False)
            ours.stop()
            ours = Ours(build, sshd)
            few = ours.ask("cold", SERVERS)  # what threads and libraries take once
            many = ours.ask("cold", IDLE)
            each = (many["grown_kb"] - few["grown_kb"]) / (many["connections"] - few["connections"])
            yield {"row": "ssh-idle", "ours": each, "peer": 60.0, "ratio": each / 60.0}
        finally:
            ours.stop()
            sshd.stop()
