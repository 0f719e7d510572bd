import { PageTitle } from '../../ui/page-title.tsx';

export function AgentPage() {
  return <PageTitle title="Agent" />;
}
