# Sourced by each script: `packages NAME==VERSION …` installs into a temporary environment and activates it.
# Where FINDINGS_ENVIRONMENTS names a folder, the environment stays there for the next script with the same packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH="$here" CUDA_VISIBLE_DEVICES="" TOKENIZERS_PARALLELISM=false
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HF_HOME="$folder/hf" HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1 TRANSFORMERS_VERBOSITY=error

versions() {
  python -m pip list --format=freeze --disable-pip-version-check 2>/dev/null |
    grep -iE "^($(printf '%s\n' "$@" | sed 's/[=<>[].*//; s/[-_]/[-_]/g' | paste -sd'|'))==" || true
}

packages() {
  local venv
  venv="${FINDINGS_ENVIRONMENTS:-$folder}/$(printf '%s\n' "$@" | sha256sum | cut -c1-12)"
  [ -f "$venv/installed" ] || "${PYTHON:-python3}" -m venv "$venv"
  # shellcheck disable=SC1091
  . "$venv/bin/activate"
  [ -f "$venv/installed" ] || python -m pip install -qq --disable-pip-version-check "$@"
  touch "$venv/installed"
  versions "$@"
}

# For a package that names far more dependencies than the part of it that runs here: the script names what that needs.
alone() {
  python -m pip install -qq --disable-pip-version-check --no-deps "$@"
  versions "$@"
}
