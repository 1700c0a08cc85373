//! An application's network from who may talk to whom: proved, drawn and planned before anything is built.

#![expect(clippy::print_stdout, reason = "an example that shows its result")]
use zt_core::network::{Segmentation, SegmentationBuilder, Traffic};
use zt_core::plan::Phase;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shop = Segmentation::standard("shop")?;
    println!("{}", shop.to_text());
    std::fs::write("shop.mmd", shop.to_mermaid())?;
    std::fs::write("shop.svg", shop.to_svg())?;

    println!("{}", shop.explain("web", "app", Traffic::tcp(22))?);
    println!("{}", shop.reachable("internet", "db")?);

    // What nobody should open to everybody is no network.
    let open =
        SegmentationBuilder::standard("shop").allow("internet", "web", Traffic::tcp(22)).build();
    if let Err(error) = open {
        println!("{error}");
    }

    let (account, region) = ("111122223333", "eu-central-1");
    let plan = shop.plan("shop-1", account, region, None)?;
    let required = plan.required_policy(account, region, Phase::Both)?;
    let costs = plan.steps().iter().filter(|step| step.cost().is_some());
    println!(
        "{} steps, {} that cost money, {} statements of least privilege",
        plan.steps().len(),
        costs.count(),
        required.policy().statements().len(),
    );
    for way_to_more in required.escalations() {
        println!("{way_to_more}");
    }
    Ok(())
}
