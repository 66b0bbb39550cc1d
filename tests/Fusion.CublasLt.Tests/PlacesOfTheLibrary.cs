using Fusion.Emulation;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests;

/// <summary>Where <see cref="CublasLtPlaces"/> looks.</summary>
public sealed class PlacesOfTheLibrary
{
    private readonly Dictionary<string, string> variables = [];
    private DirectoryInfo root = null!;

    [SetUp]
    public void MakeAMachine()
    {
        root = Directory.CreateTempSubdirectory("fusion-cublaslt");
        variables.Clear();
    }

    [TearDown]
    public void Remove() => root.Delete(recursive: true);

    [Test]
    public void AreTheLoadersNamesFirstWithThoseTheDriverIsTooOldForLast()
    {
        Assert.That(Find(13), Is.EqualTo(["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"]));
        Assert.That(Find(12), Is.EqualTo(["libcublasLt.so.12", "libcublasLt.so", "libcublasLt.so.13"]));
    }

    [Test]
    public void AreToolkitsAndPythonEnvironmentsThen()
    {
        var toolkit = File("toolkit/lib64/libcublasLt.so.12");
        var wheel = File("venv/lib/python3.12/site-packages/nvidia/cublas/lib/libcublasLt.so.12");
        var newWheel = File("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13");
        var distribution = File("usr/lib/python3/dist-packages/nvidia/cublas/lib/libcublasLt.so.12");
        (variables["CUDA_HOME"], variables["VIRTUAL_ENV"]) = (Path.Combine(root.FullName, "toolkit"), Path.Combine(root.FullName, "venv"));

        Assert.That(Find(13).Skip(3), Is.EqualTo([newWheel, toolkit, wheel, distribution]));
        Assert.That(Find(12).Skip(3), Is.EqualTo([toolkit, wheel, distribution, newWheel]));
    }

    [Test]
    public void AreOnlyWhatIsNamedWhereSomethingIs()
    {
        var library = File("named/lib/libcublasLt.so.12");
        var folder = Path.Combine(root.FullName, "named");
        Assert.That(Find(12, folder), Is.EqualTo([library]));
        Assert.That(Find(12, library), Is.EqualTo([library]));

        variables[CublasLtPlaces.Variable] = Path.GetDirectoryName(library)!;
        Assert.That(Find(12), Is.EqualTo([library]));
        Assert.That(Find(12, "/else"), Is.EqualTo(["/else"]));
    }

    [Test]
    [NonParallelizable]
    public void ThatHaveNoneAreListedInTheMessage()
    {
        Emulator.Use();
        try
        {
            using var context = GpuContext.Open();
            Assert.That(() => new Matmul(context, new() { LibraryPath = root.FullName }), Throws.TypeOf<CublasLtException>()
                .With.Property("Code").EqualTo("FUSION2019").And.Message.Contain($"none at '{root.FullName}'").And.Message.Contain("could not be loaded"));
        }
        finally
        {
            Emulator.Leave();
        }
    }

    private string[] Find(int driver, string? path = null) =>
        [.. new CublasLtPlaces(name => variables.GetValueOrDefault(name), root.FullName).Find(path, driver)];

    private string File(string path)
    {
        var file = Path.Combine(root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllText(file, "");
        return file;
    }
}
