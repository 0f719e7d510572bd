import { PageTitle } from '../../ui/page-title.tsx';

export function RunPage() {
  return <PageTitle title="Run" />;
}
