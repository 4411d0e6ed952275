#!/usr/bin/env bash
# Slurm 22.05.8 (Debian 12): one task of a job array has the array's own number as its job id, SLURM_JOB_ID equal to SLURM_ARRAY_JOB_ID, and
# it is the last one to start, not the first. A task that queues itself again by `scontrol requeue $SLURM_JOB_ID`, as launchers of
# training runs do when they are preempted, queues itself alone in all tasks but that one: there every task that still runs starts anew.
# `scontrol requeue <array>_<task>` means one task everywhere.
# Expected: a task's own job id means that task. Needs root and Debian 12; takes about a minute.
set -euo pipefail
folder=$(mktemp -d)
trap 'scancel --quiet --user=root || true; sleep 3; kill $(cat "$folder"/*.pid 2>/dev/null) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=22.05.8-4+deb12u3
apt-get download -q=2 "slurmctld=$version" "slurmd=$version" "slurm-client=$version" "slurm-wlm-basic-plugins=$version" libhwloc15=2.9.0-1 > /dev/null
for package in *.deb; do dpkg -x "$package" .; done
PATH="$folder/usr/bin:$folder/usr/sbin:$PATH"
export LD_LIBRARY_PATH="$folder/usr/lib/x86_64-linux-gnu:$folder/usr/lib/x86_64-linux-gnu/slurm-wlm"
export SLURM_CONF="$folder/slurm.conf"
mkdir state spool logs
ports=($(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for one in sockets: one.bind(("", 0))
print(*[one.getsockname()[1] for one in sockets])'))
cat > slurm.conf <<CONF
ClusterName=one
SlurmctldHost=localhost
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
SlurmUser=root
SlurmdUser=root
PluginDir=$folder/usr/lib/x86_64-linux-gnu/slurm-wlm
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/logs/slurmctld
SlurmdLogFile=$folder/logs/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MpiDefault=none
NodeName=node1 NodeHostname=$(hostname) NodeAddr=localhost CPUs=8
PartitionName=all Nodes=node1 Default=YES State=UP
CONF
slurmctld; slurmd -N node1
cat > task.sh <<'TASK'
#!/bin/bash
#SBATCH --array=1-3 --requeue --open-mode=append
echo "$SLURM_JOB_ID $SLURM_ARRAY_JOB_ID $SLURM_RESTART_COUNT" >> "$PWD/starts-$SLURM_ARRAY_TASK_ID"
sleep 600
TASK
for _ in $(seq 30); do sinfo --noheader --format=%T | grep -q idle && break; sleep 1; done
array=$(sbatch --parsable --output=/dev/null task.sh)
for _ in $(seq 30); do [ "$(ls starts-* 2>/dev/null | wc -l)" = 3 ] && break; sleep 1; done
for task in 1 2 3; do
  read -r own whole _ < "starts-$task"
  echo "task $task: SLURM_JOB_ID is SLURM_ARRAY_JOB_ID plus $((own - whole))"
done | tee found
waiting() { squeue --noheader --array --states=PENDING,COMPLETING --format=%K | sort | tr '\n' ' '; }
for task in 1 3; do
  read -r own _ < <(tail -n 1 "starts-$task")
  for _ in $(seq 60); do [ "$(squeue --noheader --array --states=RUNNING --format=%K | wc -l)" = 3 ] && break; sleep 1; done
  scontrol requeue "$own"
  sleep 1
  echo "requeued by the id of task $task: tasks that wait: $(waiting)"
done | tee -a found
diff found - <<'EXPECTED'
task 1: SLURM_JOB_ID is SLURM_ARRAY_JOB_ID plus 1
task 2: SLURM_JOB_ID is SLURM_ARRAY_JOB_ID plus 2
task 3: SLURM_JOB_ID is SLURM_ARRAY_JOB_ID plus 0
requeued by the id of task 1: tasks that wait: 1 
requeued by the id of task 3: tasks that wait: 1 2 3 
EXPECTED
