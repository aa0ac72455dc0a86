available jq-1.6-1 requires lib:onig;
job install jq
expect problem: jq-1.6-1 needs lib:onig, which nothing provides
