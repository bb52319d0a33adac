#!/bin/bash
# A pipeline's step: merge what is completed and has no open conflict. Instead of the line with
# echo, merge the branch with whatever you use. Needs jq.
set -euo pipefail

for intent in $(confiture-coord list-intents --status-filter completed --format json |
        jq -r '.intents[].id'); do
    open=$(confiture-coord conflicts --intent-id "$intent" --format json |
        jq '[.conflicted_intents[].conflicts[]] | length')
    branch=$(confiture-coord status --intent-id "$intent" --format json |
        jq -r '.intent.branch_name')
    if [ "$open" -gt 0 ]; then
        echo "Skipping $branch: $open open conflict(s)"
        continue
    fi
    echo "Merging $branch"
    confiture-coord mark-merged --intent-id "$intent"
done
