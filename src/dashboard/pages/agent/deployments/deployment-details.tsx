import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeploymentResource, RevisionResource } from '../../../../contracts/resources.ts';
import { cancelDeployment } from '../../../api/deployments.ts';
import { Card } from '../../../ui/card.tsx';
import { Confirm } from '../../../ui/confirm.tsx';
import { seconds } from '../../../ui/figures.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Failure } from '../../../ui/states.tsx';
import { Time } from '../../../ui/time.tsx';
import { toast } from '../../../ui/toast.tsx';
import { ActButton } from '../act-button.tsx';
import { BuildLog } from './build-log.tsx';
import { ChangeList } from './change-list.tsx';
import { DeploymentState, moveText } from './deployment-state.tsx';
import { diffConfigs } from './diff-configs.ts';
import { StepList } from './step-list.tsx';
import { useDeploymentProgress } from './use-deployment-progress.ts';

interface DetailsProps {
  readonly deployment: DeploymentResource;
  readonly revisions: readonly RevisionResource[];
}

/** How one deployment goes or went, and what it changed. */
export function DeploymentDetails({ deployment, revisions }: DetailsProps) {
  const progress = useDeploymentProgress(deployment.id);
  const open = deployment.finishedAt === null;
  return (
    <div className="grid gap-4">
      <Card
        title={moveText(deployment)}
        actions={
          <>
            <DeploymentState state={deployment.state} />
            {open && <Cancel deployment={deployment} />}
          </>
        }
      >
        <p className="mb-3 text-muted text-xs">
          Begun <Time at={deployment.createdAt} /> by <HostileText text={deployment.createdBy} />
          {deployment.finishedAt !== null &&
            `, took ${seconds((Date.parse(deployment.finishedAt) - Date.parse(deployment.createdAt)) / 1000)}`}
        </p>
        {deployment.error !== null && (
          <div className="mb-3 rounded-md border border-bad/40 bg-bad-soft p-3">
            <p className="font-medium">
              <HostileText text={deployment.error.detail} max={2_000} />
            </p>
            <p className="text-muted">
              <HostileText text={deployment.error.remedy} max={2_000} />
            </p>
          </div>
        )}
        {progress.error !== undefined ? (
          <Failure error={progress.error} />
        ) : (
          <StepList steps={progress.steps} />
        )}
      </Card>
      <Changed deployment={deployment} revisions={revisions} />
      {progress.log.length > 0 && <BuildLog log={progress.log} dropped={progress.dropped} />}
    </div>
  );
}

function Changed({ deployment, revisions }: DetailsProps) {
  const { fromRevision, toRevision } = deployment;
  const before = revisions.find(({ number }) => number === fromRevision);
  const after = revisions.find(({ number }) => number === toRevision);
  if (after === undefined || before === undefined || before === after) return null;
  return (
    <Card title={`What changed from revision ${before.number} to ${after.number}`}>
      <RevisionChanges before={before} after={after} />
    </Card>
  );
}

/** Image and configuration of two revisions, compared. */
export function RevisionChanges({
  before,
  after,
}: {
  readonly before: RevisionResource;
  readonly after: RevisionResource;
}) {
  const image = diffConfigs({ image: before.image }, { image: after.image });
  return <ChangeList changes={[...image, ...diffConfigs(before.config, after.config)]} />;
}

function Cancel({ deployment }: { readonly deployment: DeploymentResource }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <ActButton needs="deploy" kind="danger" size="small" onClick={() => setAsking(true)}>
        Cancel it
      </ActButton>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Cancel this deployment?"
        action="Cancel the deployment"
        danger
        onConfirm={async () => {
          await cancelDeployment(deployment.id);
          await queries.invalidateQueries({ queryKey: ['deployments'] });
          toast('Being cancelled', 'Its steps are undone; the old revision goes on serving.');
        }}
      >
        It stops where it is, and the steps that it has done are undone. The revision that serves
        now goes on serving.
      </Confirm>
    </>
  );
}
