# Sourced by each script: `packages NAME==VERSION …` installs into a temporary environment and activates it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH="$here" CUDA_VISIBLE_DEVICES="" TOKENIZERS_PARALLELISM=false
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HF_HOME="$folder/hf" HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1 TRANSFORMERS_VERBOSITY=error

packages() {
  "${PYTHON:-python3}" -m venv "$folder/venv"
  # shellcheck disable=SC1091
  . "$folder/venv/bin/activate"
  python -m pip install -qq --disable-pip-version-check "$@"
  python -m pip list --format=freeze --disable-pip-version-check 2>/dev/null |
    grep -iE "^($(printf '%s\n' "$@" | sed 's/[=<>[].*//' | paste -sd'|'))==" || true
}
