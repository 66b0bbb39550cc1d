using System.Globalization;
using System.Text.RegularExpressions;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed partial class MachineCodeTests
{
    private static readonly string[] WithoutArrays = ["plain", "barriers", "spilled"];

    [TestCase("sm_80", 4)]
    [TestCase("sm_90a", 5)]
    public void FiguresAreThoseThatPtxasSays(string architecture, int count)
    {
        var (cubin, log) = TestImages.Figures(architecture);
        var said = Function().Matches(log).ToDictionary(match => match.Groups["name"].Value, match => match.Groups);
        var kernels = CubinReader.Read(cubin);

        Assert.That(kernels.Select(kernel => kernel.Symbol), Is.EquivalentTo(said.Keys));
        Assert.That(kernels, Has.Count.EqualTo(count));
        foreach (var kernel in kernels)
        {
            var ptxas = said[kernel.Symbol];
            Assert.That(kernel.Registers, Is.EqualTo(Number(ptxas["registers"])), kernel.Symbol);
            Assert.That(kernel.Code!.FrameBytes, Is.EqualTo(Number(ptxas["frame"])), kernel.Symbol);
            Assert.That(kernel.LocalBytes, Is.EqualTo(Number(ptxas["stack"])), kernel.Symbol);
            Assert.That(kernel.SharedBytes, Is.EqualTo(Number(ptxas["shared"])), kernel.Symbol);
            if (architecture == "sm_80") // ptxas does not say it of Hopper
                Assert.That(kernel.Code.ConstantBytes[0], Is.EqualTo(Number(ptxas["constants"])), kernel.Symbol);
        }
    }

    [TestCase("sm_80", 520, 532)]
    [TestCase("sm_90a", 780, 792)]
    public void AccessesToLocalMemoryAreTheSpillsWhereThereIsNoArrayInIt(string architecture, int stores, int loads)
    {
        var (cubin, log) = TestImages.Figures(architecture);
        Assert.That(log, Does.Contain($"{stores} bytes spill stores, {loads} bytes spill loads"));
        var said = Function().Matches(log).ToDictionary(match => match.Groups["name"].Value, match => match.Groups);

        foreach (var kernel in CubinReader.Read(cubin).Where(kernel => WithoutArrays.Contains(kernel.Symbol)))
        {
            Assert.That(kernel.Code!.LocalStoreBytes, Is.EqualTo(Number(said[kernel.Symbol]["stores"])), kernel.Symbol);
            Assert.That(kernel.Code.LocalLoadBytes, Is.EqualTo(Number(said[kernel.Symbol]["loads"])), kernel.Symbol);
        }
    }

    [Test]
    public void AnArrayInLocalMemoryIsStoredAndLoadedOnEveryChip()
    {
        foreach (var image in TestImages.Cubins)
        {
            var kernels = CubinReader.Read(TestImages.Cubin(image[0], image[1]));
            var scatter = kernels.Single(kernel => kernel.Symbol.Contains("scatter", StringComparison.Ordinal)).Code!;
            var copy = kernels.Single(kernel => kernel.Symbol == "copy").Code!;
            // It fills the 64 bytes of its array, and reads them back.
            Assert.That(scatter.LocalStoreBytes, Is.GreaterThanOrEqualTo(64), image[1]);
            Assert.That(scatter.LocalLoadBytes, Is.GreaterThanOrEqualTo(64), image[1]);
            Assert.That((copy.LocalStoreBytes, copy.LocalLoadBytes), Is.EqualTo((0, 0)), image[1]);
        }
    }

    [TestCase("sm_80")]
    [TestCase("sm_90a")]
    public void BarriersAreCountedUpToTheHighestNumber(string architecture)
    {
        var kernels = CubinReader.Read(TestImages.Figures(architecture).Cubin);
        Assert.That(Code(kernels, "barriers").Barriers, Is.EqualTo(4), "it uses 0 and 3");
        Assert.That(Code(kernels, "spilled").Barriers, Is.EqualTo(1));
        Assert.That(Code(kernels, "plain").Barriers, Is.Zero);
    }

    [Test]
    public void ClustersAreTheirThreeCounts()
    {
        var kernels = CubinReader.Read(TestImages.Figures("sm_90a").Cubin);
        Assert.That(Code(kernels, "clustered").Cluster, Is.EqualTo([2, 4, 1]));
        Assert.That(Code(kernels, "plain").Cluster, Is.Empty);
    }

    [Test]
    public void ConstantVariablesAreInBankThreeOfEveryKernel()
    {
        foreach (var kernel in CubinReader.Read(TestImages.Figures("sm_80").Cubin))
            Assert.That(kernel.Code!.ConstantBytes[3], Is.EqualTo(256), kernel.Symbol);
    }

    [Test]
    public void EqualCodeHasAnEqualHash()
    {
        var kernels = CubinReader.Read(TestImages.Figures("sm_80").Cubin);
        Assert.That(kernels.Select(kernel => kernel.Code!.Sha256), Is.Unique);
        Assert.That(Code(CubinReader.Read(TestImages.Figures("sm_80").Cubin), "plain").Sha256, Is.EqualTo(Code(kernels, "plain").Sha256));
        Assert.That(Code(kernels, "plain").Bytes, Is.EqualTo(384));
    }

    private static MachineCode Code(IEnumerable<ImageKernel> kernels, string symbol) =>
        kernels.Single(kernel => kernel.Symbol == symbol).Code!;

    private static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("""
        Function properties for (?<name>\w+)\r?\n\D+(?<frame>\d+) bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads\r?\n[^\n]*Used (?<registers>\d+) registers(, (?<stack>\d+) bytes cumulative stack size)?(, (?<shared>\d+) bytes smem)?(, (?<constants>\d+) bytes cmem\[0\])?
        """)]
    private static partial Regex Function();
}
