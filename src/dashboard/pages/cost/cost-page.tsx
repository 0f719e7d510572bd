import { PageTitle } from '../../ui/page-title.tsx';

export function CostPage() {
  return <PageTitle title="Cost" />;
}
