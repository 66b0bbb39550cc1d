using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class PtxReaderTests
{
    private const string Text = """
        // a comment with .entry in it
        .version 8.4
        .target sm_90a
        .address_size 64
        .global .align 4 .b8 table[64] = {1, 2};
        .file 1 "a \" .entry b.cu"
        .visible .entry declared(.param .u64 declared_param_0);
        .visible .func helper(.param .b32 helper_param_0) { ret; }
        .visible .entry one(
            .param .u8 one_param_0, /* , .param .u64 x */
            .param .align 8 .b8 one_param_1[16],
            .param .u64 .ptr .global .align 128 one_param_2,
            .param .u16 one_param_3,
            .param .u64 .ptr .align 1 one_param_4
        )
        .maxntid 32, 8, 2
        .minnctapersm 2
        .pragma "nounroll";
        { { .param .b32 inner; } ret; }
        .entry two() .reqntid 64 { ret; }
        .weak .entry three { ret; }
        """;

    private static PtxContent Read(string text) => PtxReader.Read(text);

    [Test]
    public void TheVersionIsThatOfTheLanguage() => Assert.That(Read(Text).Version, Is.EqualTo("8.4"));

    [Test]
    public void EntriesWithABodyAreKernels() =>
        Assert.That(Read(Text).Kernels.Select(k => k.Symbol), Is.EqualTo(new[] { "one", "two", "three" }));

    [Test]
    public void ParametersLieAtTheirNaturalAlignment() => Assert.That(
        Read(Text).Kernels[0].Parameters.Select(p => $"{p.Type}@{p.Offset}+{p.Size}"),
        Is.EqualTo(new[] { "u8@0+1", "b8[16]@8+16", "u64@24+8", "u16@32+2", "u64@40+8" }));

    [Test]
    public void TheMostThreadsAreTheProductOfTheBound() =>
        Assert.That(Read(Text).Kernels.Select(k => k.MaxThreads), Is.EqualTo(new int?[] { 512, 64, null }));

    [Test]
    public void PtxSaysNothingOfRegistersAndMemory()
    {
        var kernel = Read(Text).Kernels[0];
        Assert.That((kernel.Registers, kernel.SharedBytes, kernel.LocalBytes), Is.EqualTo(((int?)null, (int?)null, (int?)null)));
    }

    [TestCase("", ".version")]
    [TestCase("int main() {}", ".version")]
    [TestCase(".version 8.4 .entry cut(.param .u64 a", "'cut'")]
    [TestCase(".version 8.4 .entry cut() { ret;", "'cut'")]
    [TestCase(".version 8.4 .entry odd(.param .q64 a) { }", "without a known type")]
    [TestCase(".version 8.4 .entry odd(.param .b8 a[99999999999]) { }", "'99999999999'")]
    [TestCase(".version 8.4 .entry odd(.param .align 0 .b8 a[4]) { }", "'0'")]
    [TestCase(".version 8.4 .entry odd(.param .b64 a[2000000000]) { }", "2 GiB")]
    [TestCase(".version 8.4 .entry odd() .maxntid 100000, 100000 { }", "threads")]
    [TestCase(".version 8.4 .entry twice() { } .entry twice() { }", "second body")]
    public void DamagedPtxIsAnErrorThatSaysWhatIsWrong(string text, string part) =>
        Assert.That(() => Read(text), Throws.TypeOf<InvalidDataException>().With.Message.Contains(part));

    [Test]
    public void VariablesHaveKindAndSize() => Assert.That(
        PtxReader.Read("""
            .version 8.4
            .extern .global .align 4 .b8 elsewhere[4];
            .extern .shared .align 16 .b8 dynamic[];
            .extern .func (.param .b32 r) vprintf (.param .b64 a) ;
            .global .align 4 .b8 table[64] = {1, 2};
            .visible .const .align 8 .f64 factor;
            .global .attribute(.managed) .align 4 .u32 managed = 3;
            .global .align 8 .u64 rows[2][3] = {generic(table), 0};
            .global .texref texture[broken];
            .entry k() { .shared .align 4 .b8 tile[4]; ld.global.u32 %r1, [table]; ret; }
            """).Variables.Select(v => $"{v.Kind} {v.Symbol} {v.Size}"),
        Is.EqualTo(["Device table 64", "Constant factor 8", "Managed managed 4", "Device rows 48"]));
}
