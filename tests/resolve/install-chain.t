# A program, its libraries and theirs.
available jq-1.6-1 requires lib:jq, lib:c;
available libjq-1.6-1 provides lib:jq = 1.6-1; requires lib:onig, lib:c;
available onig-6.9-1 provides lib:onig = 6.9-1; requires lib:c;
available musl-1.2-1 provides lib:c = 1.2-1;
available unrelated-1-1
job install jq
expect new jq-1.6-1 manual: asked for
expect new libjq-1.6-1: needed by jq-1.6-1 (lib:jq)
expect new musl-1.2-1: needed by jq-1.6-1 (lib:c)
expect new onig-6.9-1: needed by libjq-1.6-1 (lib:onig)
